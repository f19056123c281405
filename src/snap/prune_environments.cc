// SPDX-License-Identifier: BSD-3-Clause
#include "snap/prune_environments.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "be/changes.h"
#include "boot/environments.h"
#include "snap/create.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

/// Set on the dataset itself; empty otherwise.
std::string own_reason(const boot::Dataset& dataset) {
    const auto at = dataset.properties.find(be::kReason);
    return at != dataset.properties.end() && at->second.source == "local" ? at->second.value : std::string();
}

/// The policy that sanoid has from us snapshots every boot environment, and takes those away again by itself.
bool is_of_sanoid(const std::string& snapshot) {
    return zfs::split_snapshot(snapshot).snapshot.starts_with("autosnap_");
}

/// The snapshot that an environment was made of when it goes with it: only one that was made for it. What ksnap
/// rollback and kpkg undo went back to is a person's, or goes by rules of its own.
const be::Snapshot* origin_that_goes(const be::World& world, const EnvironmentDecision& one) {
    const auto* dataset = world.find(one.dataset);
    const auto* origin = dataset == nullptr ? nullptr : world.find_snapshot(dataset->value("origin"));
    if (origin == nullptr || origin->holds > 0 || origin->reason != one.reason || one.reason == kKsnap) return nullptr;
    return origin;
}

/// Bytes that are free once it has gone, with its origin: an upgraded environment holds little, and what it was made of
/// all that the upgrade replaced.
std::uint64_t held_by(const be::World& world, const EnvironmentDecision& one) {
    const auto* origin = origin_that_goes(world, one);
    return one.used + (origin == nullptr ? 0 : origin->used);
}

/// What no rule may overrule; empty when there is nothing.
std::string needed(const be::World& world, const std::string& dataset) {
    if (dataset == world.running) return "runs";
    if (dataset == world.next) return "boots next";
    if (world.on_trial(dataset)) return "on trial";
    if (const auto place = zfs::place_of(world.mounts, dataset); !place.empty()) return "mounted on " + place;
    if (!world.children(dataset).empty()) return "has datasets below it";
    for (const auto& snapshot : world.snapshots) {
        if (!snapshot.name.starts_with(dataset + "@")) continue;
        if (snapshot.holds > 0) return snapshot.name + " is held";
        if (!snapshot.clones.empty()) return "origin of " + join(snapshot.clones, ", ");
        if (snapshot.reason == kKsnap || (snapshot.reason.empty() && !is_of_sanoid(snapshot.name)))
            return snapshot.name + " was made by a person";
    }
    return {};
}

}  // namespace

Result<EnvironmentPruning> plan_prune_environments(const be::World& world, const Policy& policy,
                                                   const PoolSpace& space) {
    EnvironmentPruning pruning;
    for (const auto& dataset : world.datasets) {
        const auto reason = own_reason(dataset);
        if (reason.empty() || !boot::is_boot_environment(dataset)) continue;
        pruning.decisions.push_back({dataset.name,
                                     zfs::number(dataset.value("creation")),
                                     zfs::number(dataset.value("used")),
                                     false,
                                     {},
                                     reason});
    }
    std::stable_sort(pruning.decisions.begin(), pruning.decisions.end(),
                     [](const auto& one, const auto& other) { return one.created < other.created; });
    std::map<std::string, std::uint64_t> newer;
    for (auto one = pruning.decisions.rbegin(); one != pruning.decisions.rend(); ++one) {
        const auto count = newer[one->reason]++;
        one->why = needed(world, one->dataset);
        if (one->why.empty()) one->why = kept_by_rule(policy, count, one->created, world.now);
    }
    Room room(policy, space);
    for (auto& one : pruning.decisions) {
        if (one.why.empty()) one.why = room.keeps(held_by(world, one));
        one.goes = one.why.empty();
        if (one.goes) one.why = reason_to_go(policy);
    }
    for (const auto& one : pruning.decisions) {
        if (!one.goes) continue;
        KLD_TRY(auto plan, be::plan_destroy(world, one.dataset, {.origin = origin_that_goes(world, one) != nullptr}));
        pruning.plans.push_back(std::move(plan));
    }
    return pruning;
}

Table list_decisions(const std::vector<EnvironmentDecision>& decisions) {
    auto table = decision_table("Boot environment");
    for (const auto& one : decisions)
        table.rows.push_back({one.dataset, one.created, one.used, one.why, one.goes, one.reason});
    return table;
}

}  // namespace kld::snap
