// SPDX-License-Identifier: BSD-3-Clause
#include "snap/rollback.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/environments.h"
#include "zfs/altroot.h"
#include "zfs/mounts.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

std::string names_of(const std::vector<Snapshot>& snapshots) {
    constexpr std::size_t kShown = 10;
    std::vector<std::string> names;
    for (const auto& snapshot : snapshots)
        if (names.size() < kShown) names.push_back(snapshot.name);
    auto text = join(names, ", ");
    if (snapshots.size() > kShown) text += fmt::format(" and {} more", snapshots.size() - kShown);
    return text;
}

}  // namespace

Result<Target> probe_target(Runner& runner, Files& files, const std::string& snapshot) {
    Target target{snapshot, zfs::split_snapshot(snapshot).dataset};
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    KLD_TRY(const auto snapshots, read_snapshots(runner, target.dataset, Depth::own, true));
    const auto found =
        std::find_if(snapshots.begin(), snapshots.end(), [&](const Snapshot& one) { return one.name == snapshot; });
    if (found == snapshots.end())
        return fail("there is no snapshot " + snapshot,
                    fmt::format("ksnap list {} shows them", shell_quote(target.dataset)), ExitCode::usage);
    for (const auto& one : snapshots)
        if (one.order > found->order) target.later.push_back(one);

    const auto written = "written@" + zfs::split_snapshot(snapshot).snapshot;
    KLD_TRY(auto read, zfs::get(runner, {.root = target.dataset,
                                         .types = {"filesystem", "volume"},
                                         .properties = {"type", "mountpoint", "org.zfsbootmenu:active", written},
                                         .recursive = false}));
    KLD_TRY(const auto of_pool, zfs::pool_properties(runner, boot::pool_of(target.dataset)));
    const auto of = [&](const std::string& name) {
        const auto at = of_pool.find(name);
        return at == of_pool.end() ? std::string() : at->second;
    };
    // zfs(8) shows the place of a boot environment below another root, in a rescue system.
    zfs::take_altroot_away(read, of("altroot"));
    if (read.size() != 1) return fail("zfs says nothing about " + target.dataset);
    target.volume = read[0].value("type") == "volume";
    target.written = zfs::number(read[0].value(written));
    target.root = boot::is_boot_environment(read[0]) || zfs::dataset_at(mounts, "/") == target.dataset ||
                  of("bootfs") == target.dataset;
    target.mounted = !zfs::place_of(mounts, target.dataset).empty();
    return target;
}

Changes changes_since(Runner& runner, const Target& target) {
    if (target.volume) return {{}, target.dataset + " is a volume"};
    if (!target.mounted) return {{}, target.dataset + " is not mounted"};
    auto changes = read_diff(runner, target.snapshot, target.dataset);
    if (!changes) return {{}, changes.error().message};
    return {std::move(*changes), {}};
}

std::string losses(const Target& target, const Changes& changes) {
    std::string text;
    if (!target.later.empty())
        text += fmt::format("newer than it, {}: {}\n", target.later.size(), names_of(target.later));
    text += changes.unknown.empty()
                ? summary(changes.list, target.snapshot)
                : fmt::format("which files changed since {} cannot be told: {}\n", target.snapshot, changes.unknown);
    return text + fmt::format("written since: {}\n", human_bytes(target.written));
}

Result<zfs::Plan> plan_rollback(const Target& target, bool recursive) {
    if (target.root)
        return fail(fmt::format("{} is a root, which is never rolled back in place", target.dataset),
                    "ksnap rollback boots a clone of the snapshot", ExitCode::refused);
    Error error{
        fmt::format("{} cannot go back to {}: something needs newer snapshots", target.dataset, target.snapshot),
        {},
        "ksnap restore takes files out of a snapshot; ksnap release lets one go; zfs promote makes a clone stand "
        "by itself",
        ExitCode::refused};
    for (const auto& one : target.later) {
        if (one.holds > 0)
            error.details.push_back(
                fmt::format("{} is held; zfs holds {} says by whom", one.name, shell_quote(one.name)));
        if (!one.clones.empty())
            error.details.push_back(fmt::format("{} is what {} was cloned from", one.name, join(one.clones, ", ")));
    }
    if (!error.details.empty()) return fail(std::move(error));
    if (!target.later.empty() && !recursive)
        return fail(
            fmt::format("there are newer snapshots or bookmarks of {}, which a rollback destroys", target.dataset),
            fmt::format("-r destroys them: {}; ksnap restore takes files out of a snapshot and destroys nothing",
                        names_of(target.later)),
            ExitCode::refused);
    zfs::Plan plan;
    zfs::Step step{fmt::format("roll {} back to {}", target.dataset, target.snapshot), {"zfs", "rollback"}};
    if (!target.later.empty()) {
        plan.warnings.push_back("these are destroyed: " + names_of(target.later));
        step.argv.emplace_back("-r");
    }
    step.argv.push_back(target.snapshot);
    plan.steps.push_back(std::move(step));
    return plan;
}

}  // namespace kld::snap
