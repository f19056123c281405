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

std::string parent_of(const std::string& dataset) {
    return dataset.substr(0, dataset.rfind('/'));
}

Result<std::string> choose_pool(Runner& runner, const std::string& wanted, const std::string& running) {
    if (!wanted.empty()) return wanted;
    if (!running.empty()) return boot::pool_of(running);
    KLD_TRY(const auto all, zfs::pools(runner));
    if (all.size() == 1) return all[0];
    return fail(all.empty() ? "no pool is imported" : "several pools are imported: " + join(all, ", "),
                all.empty() ? "import one: zpool import -N -R /mnt POOL" : "name one with --pool", ExitCode::usage);
}

Result<std::vector<Snapshot>> read_snapshots(Runner& runner, const std::string& container) {
    KLD_TRY(const auto rows, zfs::list(runner, {.root = container,
                                                .types = {"snapshot"},
                                                .properties = {"name", "creation", "createtxg", "used", "referenced",
                                                               "userrefs", "clones"}}));
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

Result<World> probe(Runner& runner, Files& files, const std::string& pool, bool with_snapshots) {
    World world;
    KLD_TRY(world.mounts, zfs::read_mounts(files));
    world.running = zfs::dataset_at(world.mounts, "/");
    KLD_TRY(world.pool, choose_pool(runner, pool, world.running));
    if (boot::pool_of(world.running) != world.pool) world.running.clear();
    KLD_TRY(const auto output,
            runner.run({.argv = {"zpool", "get", "-H", "-o", "value", "bootfs,altroot", world.pool}}));
    const auto values = lines(output.out);
    if (values.size() != 2) return fail("zpool get says nothing about the pool " + world.pool);
    if (values[0] != "-") world.next = values[0];
    if (values[1] != "-") world.altroot = values[1];
    // A root without a parent is a pool's own dataset, which no clone can lie beside.
    const auto& known = world.running.empty() ? world.next : world.running;
    world.container = known.find('/') == std::string::npos ? world.pool + "/ROOT" : parent_of(known);
    auto datasets = zfs::get(runner, {.root = world.container, .properties = kProperties});
    if (!datasets)
        return fail(std::move(datasets.error())
                        .with_hint("is this a system of kldload's layout? zfs list shows what there is"));
    zfs::take_altroot_away(*datasets, world.altroot);
    for (auto& dataset : *datasets)
        if (dataset.name != world.container) world.datasets.push_back(std::move(dataset));
    if (with_snapshots) {
        KLD_TRY(world.snapshots, read_snapshots(runner, world.container));
    }
    world.trial = trial_of(files, world);
    world.now = std::time(nullptr);
    return world;
}

}  // namespace kld::be
