// SPDX-License-Identifier: BSD-3-Clause
// kldload-bench: measures what the project promises of its speed, beside a yardstick from the same run.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/lock.h"
#include "bench/figures.h"
#include "bench/report.h"

namespace kld::bench {
namespace {

const std::vector<std::string> kOnHost{
    kPoolLz4,    kPoolZstd,    kPoolMemory,   kPoolReceive, kReceiveMemory, kExportVmdk,  kExportQcow2, kExportMemory,
    kImageBuild, kSecondImage, kSecondMemory, kCheckImage,  kCheckMemory,   kToolStartup, kToolSize,    kMenuOverhead};

std::vector<std::string> all_names() {
    auto names = kOnHost;
    for (auto& name : names_in_guest()) names.push_back(std::move(name));
    return names;
}

bool wants_any(const Wanted& wanted, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return wanted.contains(name); });
}

struct Measured {
    std::vector<Figure> figures{};
    bool failed = false;
};

/// One figure that cannot be measured does not take the others with it.
void take(Measured& measured, Result<std::vector<Figure>> figures) {
    if (figures) {
        for (auto& figure : *figures) measured.figures.push_back(std::move(figure));
        return;
    }
    fmt::print(stderr, "{}", render(figures.error()));
    measured.failed = true;
}

Result<std::vector<Figure>> alone(Result<Figure> figure) {
    if (!figure) return fail(std::move(figure.error()));
    return std::vector<Figure>{std::move(*figure)};
}

Result<Measured> measure(const Wanted& wanted, unsigned runs) {
    if (::geteuid() != 0) return fail("root trees are made and read by root alone", "run bench/run, which asks sudo");
    ProcessRunner runner;
    RealFiles files;
    const auto events = console_events();
    KLD_TRY(const auto places, pipeline::find_places());
    Bench bench{runner, files, *events, places, places.cache + "/bench", runs};
    KLD_CHECK(files.make_directories(bench.scratch));
    KLD_TRY(const auto lock, Lock::try_take(bench.scratch + "/lock", "another benchmark is running"));
    Measured measured;
    auto rest = wanted;
    const auto tools = std::vector<std::string>{kToolStartup, kToolSize};
    if (wants_any(wanted, tools)) take(measured, measure_tools(bench, wanted));
    if (wants_any(wanted, names_in_guest())) take(measured, measure_tools_in_guest(bench, wanted));
    for (const auto& names : {tools, names_in_guest()})
        for (const auto& name : names) rest.erase(name);
    // All others begin with a tree, which takes a minute.
    if (rest.empty()) {
        events->finish();
        return measured;
    }
    KLD_TRY(const auto inputs, prepare_inputs(bench));
    if (wanted.contains(kPoolLz4) || wanted.contains(kPoolZstd) || wanted.contains(kPoolMemory))
        take(measured, measure_pool_create(bench, inputs, wanted));
    if (wanted.contains(kPoolReceive) || wanted.contains(kReceiveMemory))
        take(measured, measure_pool_receive(bench, inputs, wanted));
    if (wanted.contains(kExportVmdk) || wanted.contains(kExportQcow2) || wanted.contains(kExportMemory))
        take(measured, measure_exports(bench, inputs, wanted));
    if (wanted.contains(kImageBuild) || wanted.contains(kSecondImage) || wanted.contains(kSecondMemory))
        take(measured, measure_image_build(bench, inputs, wanted));
    if (wanted.contains(kCheckImage) || wanted.contains(kCheckMemory)) take(measured, measure_check(bench, inputs));
    if (wanted.contains(kMenuOverhead)) take(measured, alone(measure_menu_overhead(bench, inputs)));
    events->finish();
    return measured;
}

}  // namespace
}  // namespace kld::bench

int main(int argc, char** argv) {
    using namespace kld;
    CLI::App app{"measures kldload beside its yardsticks (docs/benchmarks.md)", "kldload-bench"};
    bool json = false;
    unsigned runs = 5;
    std::vector<std::string> only;
    app.add_flag("--json", json, "report as JSON");
    app.add_option("--runs", runs, "runs of each side")->capture_default_str()->check(CLI::Range(1U, 1000U));
    app.add_option("--only", only, "this figure alone; may be given again")
        ->type_name("NAME")
        ->check(CLI::IsMember(bench::all_names()));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& bad) {
        return app.exit(bad) == 0 ? 0 : static_cast<int>(ExitCode::usage);
    }
    if (only.empty()) only = bench::all_names();
    try {
        auto measured = bench::measure({only.begin(), only.end()}, runs);
        if (!measured) {
            fmt::print(stderr, "{}", render(measured.error()));
            return static_cast<int>(measured.error().code);
        }
        for (const auto& name : only)
            if (std::none_of(measured->figures.begin(), measured->figures.end(),
                             [&](const auto& figure) { return figure.name == name; }))
                measured->failed = true;
        fmt::print("{}", json ? bench::json_report(measured->figures) : bench::text_report(measured->figures));
        // A missed limit is told, not failed: the figures of a busy machine are noise.
        return measured->failed ? static_cast<int>(ExitCode::failed) : 0;
    } catch (const std::exception& bug) {
        fmt::print(stderr, "error: a fault in this program: {}\n", bug.what());
        return static_cast<int>(ExitCode::unknown);
    }
}
