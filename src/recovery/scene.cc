// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/scene.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/dataset.h"
#include "boot/hostid.h"
#include "recovery/programs.h"
#include "zfs/mounts.h"

namespace kld::recovery {
namespace {

bool any_code(int) {
    return true;
}

/// As zpool(8) finds it: what the module was told, else the file.
std::uint32_t read_hostid(Files& files) {
    if (const auto text = files.read("/sys/module/spl/parameters/spl_hostid"))
        if (const auto number = parse_number(trim(*text)); number && *number != 0)
            return static_cast<std::uint32_t>(*number);
    if (const auto bytes = files.read("/etc/hostid")) return boot::parse_hostid_file(*bytes).value_or(0);
    return 0;
}

std::vector<std::string> with_devices(std::vector<std::string> argv, const char* option, const menu::FoundPool& pool) {
    for (const auto& device : pool.devices) {
        argv.emplace_back(option);
        argv.push_back(device);
    }
    return argv;
}

Importable ask_for_offer(Runner& runner, const menu::FoundPool& pool) {
    // It ends with 1 when there is nothing to import.
    const auto output = runner.run({.argv = with_devices({"zpool", "import"}, "-d", pool), .accept = any_code});
    if (output)
        for (auto& offer : parse_importable(output->out))
            if (offer.guid == pool.guid) return offer;
    const auto said = output ? last_lines(output->err, 1) : std::vector{output.error().message};
    return {pool.name, pool.guid, "UNKNOWN", said.empty() ? "zpool import does not see it" : said[0], {}};
}

/// zdb reads the devices by itself, beside the kernel: nothing is imported. It calls the pool what its label does.
std::optional<bool> ask_zdb(Runner& runner, const menu::FoundPool& pool) {
    auto argv = with_devices({"zdb", "-e"}, "-p", pool);
    const auto root = pool.name + "/ROOT";
    argv.insert(argv.end(), {"-d", root});
    const auto output = runner.run({.argv = argv, .timeout = std::chrono::seconds(60), .accept = any_code});
    if (!output) return std::nullopt;
    if (output->out.find("Dataset " + root + " [") != std::string::npos) return true;
    if (output->err.find("No such file or directory") != std::string::npos) return false;
    return std::nullopt;
}

std::optional<bool> ask_kernel(Runner& runner, const std::string& pool) {
    const auto output = runner.run({.argv = {"zfs", "list", "-H", "-o", "name", pool + "/ROOT"}, .accept = any_code});
    if (!output) return std::nullopt;
    return output->exit_code == 0;
}

const char* yes_or_no(const std::optional<bool>& answer) {
    return !answer ? "-" : *answer ? "yes" : "no";
}

}  // namespace

std::vector<ImportedPool> parse_imported(std::string_view output) {
    std::vector<ImportedPool> pools;
    for (const auto& line : lines(output)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 3) continue;
        if (pools.empty() || pools.back().name != fields[0]) pools.push_back({fields[0], 0, {}});
        auto& pool = pools.back();
        if (fields[1] == "guid") pool.guid = parse_number(fields[2]).value_or(0);
        if (fields[1] == "health") pool.health = fields[2];
        if (fields[1] == "altroot" && fields[2] != "-") pool.altroot = fields[2];
        if (fields[1] == "readonly") pool.readonly = fields[2] == "on";
    }
    return pools;
}

bool SeenPool::of_another_system(std::uint32_t own_hostid) const {
    return label.state == menu::PoolState::active && label.hostid != 0 && label.hostid != own_hostid;
}

bool may_be_recovered(std::string_view name) {
    return menu::may_hold_pool(name) || name.starts_with("loop") || name.starts_with("nbd") || name.starts_with("zd");
}

Result<std::vector<ImportedPool>> read_imported(Runner& runner, Files& files) {
    KLD_TRY(const auto output,
            runner.run({.argv = {"zpool", "get", "-Hp", "-o", "name,property,value", "guid,health,altroot,readonly"}}));
    auto pools = parse_imported(output.out);
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    const auto running = boot::pool_of(zfs::dataset_at(mounts, "/"));
    for (auto& pool : pools) pool.runs = pool.name == running;
    return pools;
}

Result<Scene> probe_scene(Runner& runner, Files& files, const menu::DeviceScan& scan, bool with_roots) {
    Scene scene{.pools = {}, .hostid = read_hostid(files), .problems = scan.problems};
    KLD_TRY(scene.imported, read_imported(runner, files));
    const bool has_zdb = with_roots && !find_program(files, "zdb").empty();
    for (auto& label : menu::find_pools(scan.labels)) {
        SeenPool pool{std::move(label)};
        for (const auto& imported : scene.imported)
            if (imported.guid == pool.label.guid) pool.imported = imported;
        if (!pool.imported) pool.offer = ask_for_offer(runner, pool.label);
        if (with_roots && pool.imported) pool.has_root = ask_kernel(runner, pool.imported->name);
        if (has_zdb && !pool.imported) pool.has_root = ask_zdb(runner, pool.label);
        scene.pools.push_back(std::move(pool));
    }
    return scene;
}

Table list_pools(const Scene& scene) {
    Table table{{{"name", "NAME"},
                 {"guid", "GUID"},
                 {"state", "STATE"},
                 {"host", "LAST-HOST"},
                 {"written", "WRITTEN", Unit::time},
                 {"root", "ROOT"},
                 {"imported", "IMPORTED"},
                 {"altroot", "ALTROOT"},
                 {"devices", "DEVICES"},
                 {"missing", "MISSING", Unit::number},
                 {"hostid", "HOSTID"},
                 {"exported", "EXPORTED"},
                 {"another_system", "OTHER"},
                 {"status", "STATUS"},
                 {"action", "ACTION"}},
                {}};
    const auto text = [](const std::string& value) { return value.empty() ? Cell{} : Cell{value}; };
    for (const auto& pool : scene.pools) {
        const auto& label = pool.label;
        table.rows.push_back(
            {label.name, std::to_string(label.guid), pool.imported ? pool.imported->health : pool.offer.state,
             text(label.hostname), label.written == 0 ? Cell{} : Cell{label.written},
             std::string(yes_or_no(pool.has_root)), pool.imported ? Cell{pool.imported->name} : Cell{},
             pool.imported ? text(pool.imported->altroot) : Cell{}, join(label.devices, " "),
             std::uint64_t{label.missing}, fmt::format("{:08x}", label.hostid),
             label.state == menu::PoolState::exported, !pool.imported && pool.of_another_system(scene.hostid),
             text(pool.offer.status), text(pool.offer.action)});
    }
    return table;
}

std::vector<std::string> remarks(const Scene& scene) {
    std::vector<std::string> all = scene.problems;
    if (scene.pools.empty()) all.emplace_back("no device has a pool: are all disks attached?");
    for (const auto& pool : scene.pools) {
        const auto of_that_name = std::count_if(scene.pools.begin(), scene.pools.end(),
                                                [&](const auto& other) { return other.label.name == pool.label.name; });
        if (pool.imported) continue;
        if (of_that_name > 1)
            all.push_back(fmt::format("{} pools are called {}: name this one by its GUID, {}", of_that_name,
                                      pool.label.name, pool.label.guid));
        if (pool.of_another_system(scene.hostid))
            all.push_back(
                fmt::format("{} ({}) was last used by {} and not exported: import it with --force, once that "
                            "system does not run",
                            pool.label.name, pool.label.guid,
                            pool.label.hostname.empty() ? "another system" : pool.label.hostname));
        else if (!pool.offer.status.empty())
            all.push_back(fmt::format("{} ({}): {}", pool.label.name, pool.label.guid, pool.offer.status));
    }
    return all;
}

}  // namespace kld::recovery
