// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "be/changes.h"
#include "zfs/names.h"
#include "zfs/passing_mount.h"

namespace kld::be {
namespace {

tl::unexpected<Error> held(const Snapshot& snapshot) {
    return fail(fmt::format("{} is held", snapshot.name),
                fmt::format("ksnap release {0} lets it go; zfs holds {0} says by whom", shell_quote(snapshot.name)),
                ExitCode::refused);
}

Result<zfs::Plan> plan_destroy_snapshot(const World& world, const std::string& name) {
    const auto parts = zfs::split_snapshot(name);
    KLD_TRY(const auto* environment, world.environment(parts.dataset));
    const auto full = environment->name + "@" + parts.snapshot;
    const auto* snapshot = world.find_snapshot(full);
    if (snapshot == nullptr) return fail("there is no snapshot " + full, "kbe list -s shows them", ExitCode::usage);
    if (snapshot->holds > 0) return held(*snapshot);
    if (!snapshot->clones.empty())
        return fail(fmt::format("{} is what {} was cloned from", full, join(snapshot->clones, ", ")),
                    "destroy the clone first, or promote it: zfs promote " + shell_quote(snapshot->clones[0]),
                    ExitCode::refused);
    return zfs::Plan{{{"destroy " + full, {"zfs", "destroy", full}, {}}}, {}};
}

/// Snapshots of the dataset, oldest first.
std::vector<const Snapshot*> snapshots_of(const World& world, const std::string& dataset) {
    std::vector<const Snapshot*> own;
    for (const auto& snapshot : world.snapshots)
        if (snapshot.name.starts_with(dataset + "@")) own.push_back(&snapshot);
    std::sort(own.begin(), own.end(),
              [](const Snapshot* left, const Snapshot* right) { return left->order < right->order; });
    return own;
}

/// Why it must stay; empty when it may go.
std::string needed(const World& world, const std::string& dataset) {
    if (dataset == world.running) return "it is the one that runs";
    if (dataset == world.next) return "it is the one that boots next";
    if (world.on_trial(dataset)) return "it is on trial";
    if (const auto children = world.children(dataset); !children.empty())
        return "there are datasets below it: " + join(children, ", ");
    return {};
}

}  // namespace

Result<zfs::Plan> plan_destroy(const World& world, const std::string& name, const DestroyWish& wish) {
    if (name.find('@') != std::string::npos) return plan_destroy_snapshot(world, name);
    KLD_TRY(const auto* environment, world.environment(name));
    const auto& dataset = environment->name;
    if (const auto why = needed(world, dataset); !why.empty())
        return fail(fmt::format("{} is not destroyed: {}", name, why),
                    dataset == world.running || dataset == world.next ? "kbe activate another one first, and boot it"
                    : world.on_trial(dataset)                         ? "kbe activate -T ends the trial"
                                                                      : "kbe list -a shows them",
                    ExitCode::refused);
    zfs::Plan plan;
    const auto place = zfs::place_of(world.mounts, dataset);
    if (!place.empty()) {
        if (!wish.force)
            return fail(fmt::format("{} is mounted on {}", name, place), "kbe unmount it, or destroy it with -F",
                        ExitCode::refused);
        plan.steps.push_back({"unmount " + place,
                              {"umount", place},
                              {"mount", "-t", "zfs", "-o", zfs::mount_options(*environment, false), dataset, place}});
    }
    // Promoting the clone of the newest origin hands it that snapshot and all older ones, with what was cloned of
    // those.
    const auto own = snapshots_of(world, dataset);
    const auto newest =
        std::find_if(own.rbegin(), own.rend(), [](const Snapshot* one) { return !one->clones.empty(); });
    if (newest != own.rend())
        plan.steps.push_back({fmt::format("promote {}, which is a clone of {}", (*newest)->clones[0], (*newest)->name),
                              {"zfs", "promote", (*newest)->clones[0]},
                              {"zfs", "promote", dataset}});
    std::vector<std::string> lost;
    for (auto at = newest.base(); at != own.end(); ++at) {
        if ((*at)->holds > 0) return held(**at);
        lost.push_back(zfs::split_snapshot((*at)->name).snapshot);
    }
    if (!lost.empty())
        plan.warnings.push_back(fmt::format("{} of its snapshots go with it: {}", lost.size(), join(lost, ", ")));
    std::vector<std::string> argv{"zfs", "destroy"};
    if (!lost.empty()) argv.emplace_back("-r");
    argv.push_back(dataset);
    plan.steps.push_back({"destroy " + dataset, std::move(argv), {}});

    const auto& origin = environment->value("origin");
    const auto* snapshot = world.find_snapshot(origin);
    const bool nobody_else = snapshot != nullptr && newest == own.rend() && snapshot->clones.size() <= 1;
    if (nobody_else && wish.origin) {
        if (snapshot->holds > 0) return held(*snapshot);
        plan.steps.push_back({"destroy its origin " + origin, {"zfs", "destroy", origin}, {}});
    } else if (nobody_else) {
        plan.warnings.push_back(fmt::format("its origin {} stays; -o destroys it, too", origin));
    }
    return plan;
}

}  // namespace kld::be
