// SPDX-License-Identifier: BSD-3-Clause
#include "snap/create.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "be/changes.h"
#include "boot/environments.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

/// Each once; with `recursive` without what lies below another one, which zfs(8) would refuse as named twice.
std::vector<std::string> without_doubles(const CreateWish& wish) {
    std::vector<std::string> datasets;
    for (const auto& dataset : wish.datasets) {
        const auto covers = [&](const std::string& other) {
            return wish.recursive && other != dataset && zfs::lies_in(dataset, other);
        };
        if (!contains(datasets, dataset) && std::none_of(wish.datasets.begin(), wish.datasets.end(), covers))
            datasets.push_back(dataset);
    }
    return datasets;
}

}  // namespace

bool is_throwaway(const std::string& place) {
    for (const auto* one : {"/var/cache", "/var/tmp", "/tmp"})
        if (zfs::lies_in(place, one)) return true;
    return false;
}

Result<std::vector<std::string>> usual_datasets(const std::vector<zfs::Mount>& mounts,
                                                const std::vector<boot::Dataset>& datasets) {
    const auto root = zfs::dataset_at(mounts, "/");
    if (root.empty()) return fail("/ lies on no dataset", "name the datasets to snapshot", ExitCode::usage);
    std::vector<std::string> chosen{root};
    for (const auto& mount : mounts) {
        if (mount.type != "zfs" || mount.source.find('@') != std::string::npos) continue;
        if (boot::pool_of(mount.source) != boot::pool_of(root) || contains(chosen, mount.source)) continue;
        if (is_throwaway(mount.target)) continue;
        const auto* dataset = boot::find_dataset(datasets, mount.source);
        if (dataset != nullptr && boot::is_boot_environment(*dataset)) continue;
        chosen.push_back(mount.source);
    }
    return chosen;
}

Result<std::vector<std::string>> read_usual_datasets(Runner& runner, const std::vector<zfs::Mount>& mounts) {
    const auto root = zfs::dataset_at(mounts, "/");
    if (root.empty()) return usual_datasets(mounts, {});
    KLD_TRY(const auto datasets,
            zfs::get(runner, {.root = boot::pool_of(root), .properties = {"mountpoint", "org.zfsbootmenu:active"}}));
    return usual_datasets(mounts, datasets);
}

Result<std::vector<std::string>> read_taken(Runner& runner, const CreateWish& wish) {
    // Names alone, sorted by name alone, is what zfs(8) lists without looking into each snapshot.
    std::vector<std::string> argv{"zfs", "list", "-H", "-o", "name", "-s", "name", "-t", "snapshot"};
    if (wish.recursive)
        argv.emplace_back("-r");
    else
        argv.insert(argv.end(), {"-d", "1"});
    argv.insert(argv.end(), wish.datasets.begin(), wish.datasets.end());
    auto listed = runner.run({.argv = std::move(argv)});
    if (!listed) return fail(std::move(listed.error()).with_hint("zfs list shows the datasets that there are"));
    return lines(listed->out);
}

Result<Creation> plan_create(const CreateWish& wish, const std::vector<std::string>& taken, std::time_t now) {
    std::map<std::string, std::string> taken_by;  // the snapshot's own name → one that has it
    for (const auto& snapshot : taken) taken_by.emplace(zfs::split_snapshot(snapshot).snapshot, snapshot);
    auto name = wish.name;
    if (name.empty())
        name = zfs::stamped(wish.prefix, now, [&](const std::string& one) { return taken_by.contains(one); });
    KLD_CHECK(zfs::check_component(name, "snapshot"));
    if (const auto at = taken_by.find(name); at != taken_by.end())
        return fail("there is already a snapshot " + at->second, "choose another name, or leave it out",
                    ExitCode::refused);
    Creation creation;
    std::map<std::string, std::vector<std::string>> by_pool;
    for (const auto& dataset : without_doubles(wish)) {
        const auto snapshot = fmt::format("{}@{}", dataset, name);
        KLD_CHECK(zfs::check_length(snapshot));
        by_pool[boot::pool_of(dataset)].push_back(snapshot);
        creation.snapshots.push_back(snapshot);
    }
    if (by_pool.size() > 1)
        creation.plan.warnings.emplace_back("each pool has a moment of its own; within one all are of the same");
    for (const auto& [pool, snapshots] : by_pool) {
        zfs::Step step{fmt::format("snapshot {}{}", join(snapshots, ", "), wish.recursive ? " and all below" : ""),
                       {"zfs", "snapshot"}};
        if (wish.recursive) step.argv.emplace_back("-r");
        step.argv.insert(step.argv.end(), {"-o", fmt::format("{}={}", be::kReason, wish.reason)});
        step.argv.insert(step.argv.end(), snapshots.begin(), snapshots.end());
        creation.plan.steps.push_back(std::move(step));
    }
    return creation;
}

}  // namespace kld::snap
