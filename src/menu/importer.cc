// SPDX-License-Identifier: BSD-3-Clause
#include "menu/importer.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/hostid.h"
#include "menu/log.h"
#include "menu/reason.h"

namespace kld::menu {
namespace {

constexpr std::chrono::seconds kImportTime{60};
constexpr std::chrono::seconds kListTime{30};

Result<std::vector<ImportedPool>> imported_pools(Runner& runner) {
    Command list{{"zpool", "list", "-Hp", "-o", "name,guid,bootfs"}};
    list.timeout = kListTime;
    KLD_TRY(const auto output, runner.run(list));
    return parse_imported_pools(output.out);
}

}  // namespace

Status adopt_hostid(Files& files, std::uint32_t hostid) {
    // The parameter wins over the file in the kernel; the commands read either.
    KLD_CHECK(files.write("/etc/hostid", boot::hostid_file(hostid)));
    KLD_TRY(const auto parameter, Fd::open("/sys/module/spl/parameters/spl_hostid", 1));
    return parameter.write_all(std::to_string(hostid));
}

bool Importer::import(const std::vector<FoundPool>& pools, bool with_missing) {
    bool changed = false;
    for (const auto& pool : pools) {
        if (imported_.contains(pool.guid) || (pool.missing > 0 && !with_missing)) continue;
        const auto failure = failures_.find(pool.guid);
        if (failure != failures_.end() && failure->second.devices == pool.devices) continue;
        changed = true;
        if (pool.hostid != 0)
            if (const auto adopted = adopt_hostid(files_, pool.hostid); !adopted) log_line(adopted.error().message);
        Command import{import_command(pool)};
        import.timeout = kImportTime;
        const auto done = runner_.run(import);
        log_line(fmt::format("pool {} guid {} hostid 0x{:08x} on {}: {}", pool.import_name, pool.guid, pool.hostid,
                             join(pool.devices, " "), done ? "imported read-only" : reason(done.error())));
        if (done) {
            imported_.insert(pool.guid);
            failures_.erase(pool.guid);
        } else {
            failures_[pool.guid] = {pool.devices,
                                    fmt::format("Pool {} ({}): {}", pool.name, pool.guid, reason(done.error()))};
        }
    }
    return changed;
}

Status Importer::refresh() {
    KLD_TRY(const auto imported, imported_pools(runner_));
    imported_.clear();
    for (const auto& pool : imported) imported_.insert(pool.guid);
    failures_.clear();
    return {};
}

Result<std::vector<boot::Dataset>> Importer::datasets(std::vector<std::string>& problems) {
    Command get{{"zfs", "get", "-Hp", "-o", "name,property,value,source", "-t", "filesystem", boot::kBootProperties}};
    get.timeout = kListTime;
    // It fails when a single pool does not answer, and prints those of all others.
    get.accept = [](int) { return true; };
    KLD_TRY(const auto output, runner_.run(get));
    auto known = boot::parse_datasets(output.out, boot::kBootProperties);
    if (output.exit_code == 0) return known;
    auto error = command_error(get, fmt::format("exit {}", output.exit_code), output.err);
    if (!known || known->empty()) return fail(std::move(error));
    problems.push_back(reason(error));
    return known;
}

World Importer::list(const std::vector<FoundPool>& pools, const std::string& prefer, const Inspect& inspect) {
    World world;
    const auto fill = [&]() -> Status {
        KLD_TRY(const auto imported, imported_pools(runner_));
        if (imported.empty()) return {};
        std::vector<std::string> problems;
        KLD_TRY(auto known, datasets(problems));
        if (keyring_.reload(runner_, known)) {
            std::vector<std::string> later;
            if (auto again = datasets(later))
                known = std::move(*again);
            else
                later.push_back(reason(again.error()));
            problems = std::move(later);
        }
        world = make_world(pools, imported, known, inspect, prefer);
        world.problems.insert(world.problems.end(), problems.begin(), problems.end());
        return {};
    };
    if (const auto done = fill(); !done) world.problems.push_back(reason(done.error()));
    for (const auto& [guid, failure] : failures_) world.problems.push_back(failure.text);
    for (const auto& pool : pools)
        if (!imported_.contains(pool.guid) && !failures_.contains(pool.guid))
            world.problems.push_back(
                fmt::format("Pool {} ({}): {} of its devices not found yet", pool.name, pool.guid, pool.missing));
    return world;
}

}  // namespace kld::menu
