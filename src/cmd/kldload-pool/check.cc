// SPDX-License-Identifier: BSD-3-Clause
#include "pool/check.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/events_option.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct CheckArguments {
    ImageArguments image{};
    int events_fd = -1;
    bool json = false;
};

std::string line_of(const DamagedBlock& block) {
    std::string where = block.dataset.empty() ? "the pool's own data" : block.dataset;
    if (!block.path.empty()) where += " " + block.path;
    return where + ", object " + std::to_string(block.object) + " level " + std::to_string(block.level) + " block " +
           std::to_string(block.block) + ", copy " + std::to_string(block.copy + 1) + " at " +
           std::to_string(block.offset) + ": " + block.problem;
}

void print_check_json(const CheckReport& report) {
    auto damaged = nlohmann::json::array();
    for (const auto& block : report.damaged)
        damaged.push_back({{"dataset", block.dataset},
                           {"path", block.path},
                           {"object", block.object},
                           {"level", block.level},
                           {"block", block.block},
                           {"copy", block.copy},
                           {"offset", block.offset},
                           {"problem", block.problem}});
    const nlohmann::json out = {{"version", 1},
                                {"pool", report.pool},
                                {"clean", report.clean()},
                                {"blocks", report.blocks},
                                {"bytes", report.bytes},
                                {"allocated", report.allocated},
                                {"leaked", report.leaked},
                                {"missing", report.missing},
                                {"doubled", report.doubled},
                                {"space_not_compared", report.unsure},
                                {"damaged_count", report.damaged_count},
                                {"damaged", damaged}};
    std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

Error damaged(const CheckReport& report) {
    Error error{"the pool " + report.pool + " is damaged"};
    if (report.damaged_count != 0)
        error.details.push_back(std::to_string(report.damaged_count) + " copies of blocks cannot be read right");
    for (const auto& block : report.damaged) error.details.push_back(line_of(block));
    if (report.leaked != 0)
        error.details.push_back(std::to_string(report.leaked) + " bytes are allocated, but nothing refers to them");
    if (report.missing != 0)
        error.details.push_back(std::to_string(report.missing) + " bytes are referred to, but free");
    if (report.doubled != 0)
        error.details.push_back(std::to_string(report.doubled) + " bytes belong to more than one block");
    return error;
}

Status run_check(const CheckArguments& arguments) {
    KLD_TRY(const OpenPool pool, arguments.image.open());
    const auto events = events_for(arguments.events_fd);
    KLD_TRY(const auto report, check(pool, *events));
    events->finish();
    if (arguments.json) print_check_json(report);
    if (!report.clean()) return fail(damaged(report));
    if (!report.unsure.empty()) events->warning("space was not compared: " + report.unsure);
    if (!arguments.json)
        std::printf("%s: %llu blocks, %s read, all right%s\n", report.pool.c_str(),
                    static_cast<unsigned long long>(report.blocks), human_bytes(report.bytes).c_str(),
                    report.unsure.empty() ? "; no leaks" : "");
    return {};
}

}  // namespace

void add_check(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<CheckArguments>();
    CLI::App* verb = app.add_subcommand("check", "Read every block of a pool and verify checksums and space maps");
    add_image(*verb, arguments->image);
    cmd::add_events_fd(*verb, arguments->events_fd);
    verb->add_flag("--json", arguments->json, "print the result as JSON");
    verb->callback([arguments, &chosen] { chosen = [arguments] { return run_check(*arguments); }; });
}

}  // namespace kld::pool
