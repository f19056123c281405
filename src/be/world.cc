// SPDX-License-Identifier: BSD-3-Clause
#include "be/world.h"

#include <fmt/core.h>

#include "base/text.h"
#include "be/trial.h"
#include "boot/environments.h"
#include "zfs/altroot.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::be {
namespace {

Result<std::string> choose_pool(Runner& runner, const std::string& wanted, const std::string& running) {
    if (!wanted.empty()) return wanted;
    if (!running.empty()) return boot::pool_of(running);
    KLD_TRY(const auto all, zfs::pools(runner));
    if (all.size() == 1) return all[0];
    return fail(all.empty() ? "no pool is imported" : "several pools are imported: " + join(all, ", "),
                all.empty() ? "import one: zpool import -N -R /mnt POOL" : "name one with --pool", ExitCode::usage);
}

zfs::Query snapshots_of(const std::string& container) {
    return {.root = container,
            .types = {"snapshot"},
            .properties = {"name", "creation", "createtxg", "used", "referenced", "userrefs", "clones"}};
}

Result<std::vector<Snapshot>> parse_snapshots(const zfs::Query& query, std::string_view output) {
    KLD_TRY(const auto rows, zfs::parse_list(query, output));
    std::vector<Snapshot> snapshots;
    for (const auto& row : rows) {
        Snapshot snapshot{row[0],
                          zfs::number(row[1]),
                          zfs::number(row[2]),
                          zfs::number(row[3]),
                          zfs::number(row[4]),
                          zfs::number(row[5]),
                          {},
                          {}};
        if (row[6] != "-" && !row[6].empty()) snapshot.clones = split(row[6], ',');
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

/// Its mounts, what runs, and which pool is meant.
Result<World> look_at_mounts(Runner& runner, Files& files, const std::string& pool) {
    World world;
    KLD_TRY(world.mounts, zfs::read_mounts(files));
    world.running = zfs::dataset_at(world.mounts, "/");
    KLD_TRY(world.pool, choose_pool(runner, pool, world.running));
    if (boot::pool_of(world.running) != world.pool) world.running.clear();
    return world;
}

Command pool_command(const std::string& pool) {
    return {.argv = {"zpool", "get", "-H", "-o", "value", "bootfs,altroot", pool}};
}

Status take_pool(std::string_view output, World& world) {
    const auto values = lines(output);
    if (values.size() != 2) return fail("zpool get says nothing about the pool " + world.pool);
    if (values[0] != "-") world.next = values[0];
    if (values[1] != "-") world.altroot = values[1];
    return {};
}

/// A root without a parent is a pool's own dataset, which no clone can lie beside.
std::string container_by(const World& world, const std::string& known) {
    return known.find('/') == std::string::npos ? world.pool + "/ROOT" : boot::parent_of(known);
}

}  // namespace

const std::vector<std::string> kProperties{"mountpoint",
                                           "canmount",
                                           "creation",
                                           "used",
                                           "usedbysnapshots",
                                           "usedbydataset",
                                           "usedbyrefreservation",
                                           "referenced",
                                           "origin",
                                           "keystatus",
                                           "org.zfsbootmenu:active",
                                           "org.zfsbootmenu:kernel",
                                           "org.zfsbootmenu:commandline",
                                           "org.kldload:reason"};

const Snapshot* World::find_snapshot(const std::string& name) const {
    for (const auto& snapshot : snapshots)
        if (snapshot.name == name) return &snapshot;
    return nullptr;
}

std::string World::dataset_of(const std::string& name) const {
    return name.find('/') != std::string::npos ? name : container + "/" + name;
}

std::string World::name_of(const std::string& dataset) const {
    return dataset.starts_with(container + "/") ? dataset.substr(container.size() + 1) : dataset;
}

Result<const boot::Dataset*> World::environment(const std::string& name) const {
    const auto* found = find(dataset_of(name));
    if (found != nullptr && boot::is_boot_environment(*found)) return found;
    std::vector<std::string> names;
    for (const auto& dataset : datasets)
        if (boot::is_boot_environment(dataset)) names.push_back(name_of(dataset.name));
    if (found != nullptr)
        return fail(
            fmt::format("{} is no boot environment: its mountpoint is {}", found->name, found->value("mountpoint")),
            "zfs set canmount=noauto, then mountpoint=/, on " + shell_quote(found->name), ExitCode::usage);
    return fail(fmt::format("there is no boot environment {} in {}", name, container),
                names.empty() ? "kbe list -a shows all datasets" : "there are: " + join(names, ", "), ExitCode::usage);
}

std::vector<std::string> World::children(const std::string& dataset) const {
    std::vector<std::string> found;
    for (const auto& other : datasets)
        if (other.name.starts_with(dataset + "/")) found.push_back(other.name);
    return found;
}

Result<World> look_at_pool(Runner& runner, Files& files, const std::string& pool) {
    KLD_TRY(auto world, look_at_mounts(runner, files, pool));
    KLD_TRY(const auto output, runner.run(pool_command(world.pool)));
    KLD_CHECK(take_pool(output.out, world));
    world.container = container_by(world, world.running.empty() ? world.next : world.running);
    return world;
}

Result<World> probe(Runner& runner, Files& files, const std::string& pool, bool with_snapshots) {
    KLD_TRY(auto world, look_at_mounts(runner, files, pool));
    std::vector<Command> commands;
    // Where the running environment says which container it is, all is asked at once.
    const bool is_known = !world.running.empty();
    if (is_known) {
        world.container = container_by(world, world.running);
        commands.push_back(pool_command(world.pool));
    } else {
        KLD_TRY(world, look_at_pool(runner, files, pool));
    }
    const auto snapshots = snapshots_of(world.container);
    commands.push_back(zfs::get_command({.root = world.container, .properties = kProperties}));
    if (with_snapshots) commands.push_back(zfs::list_command(snapshots));

    auto outputs = runner.run_all(commands);
    auto next = outputs.begin();
    if (is_known) {
        KLD_TRY(const auto output, std::move(*next++));
        KLD_CHECK(take_pool(output.out, world));
    }
    auto read = std::move(*next++);
    if (!read)
        return fail(
            std::move(read.error()).with_hint("is this a system of kldload's layout? zfs list shows what there is"));
    KLD_TRY(auto datasets, boot::parse_datasets(read->out, join(kProperties, ",")));
    zfs::take_altroot_away(datasets, world.altroot);
    for (auto& dataset : datasets)
        if (dataset.name != world.container) world.datasets.push_back(std::move(dataset));
    if (with_snapshots) {
        KLD_TRY(const auto output, std::move(*next++));
        KLD_TRY(world.snapshots, parse_snapshots(snapshots, output.out));
    }
    world.trial = trial_of(files, world);
    world.now = std::time(nullptr);
    return world;
}

Result<World> probe_for_change(Runner& runner, Files& files, const std::string& pool) {
    const auto esp = hold_esp(runner, files);
    return probe(runner, files, pool, true);
}

}  // namespace kld::be
