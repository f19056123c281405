// SPDX-License-Identifier: BSD-3-Clause
// kbe prune: takes away old boot environments that kldload made by itself, and no others.
#pragma once

#include <string>
#include <vector>

#include "base/table.h"
#include "be/world.h"
#include "snap/prune.h"

namespace kld::snap {

struct EnvironmentDecision {
    std::string dataset;
    std::uint64_t created = 0, used = 0;  ///< seconds since 1970; bytes
    bool goes = false;
    std::string why;
    std::string reason;  ///< org.kldload:reason: "kupgrade", "ksnap"
};

struct EnvironmentPruning {
    std::vector<EnvironmentDecision> decisions;  ///< one for each environment of ours, oldest first
    std::vector<zfs::Plan> plans;                ///< one for each that goes: one that is busy keeps no other
};

/// Decides about boot environments that carry org.kldload:reason themselves: those of kupgrade, kpkg undo and ksnap
/// rollback. Whatever the rules say, one stays that runs, boots next, is on trial or mounted, has datasets below it, or
/// a snapshot that is held, that something was cloned from, or that somebody else made. The newest are counted for each
/// reason.
/// @param world   with snapshots that have their reasons (read_snapshots)
/// @param space   for min_free: then the oldest go, of all reasons, until so much is free
Result<EnvironmentPruning> plan_prune_environments(const be::World& world, const Policy& policy,
                                                   const PoolSpace& space);

/// Name, creation, used, why; in JSON "goes" and the reason, too.
Table list_decisions(const std::vector<EnvironmentDecision>& decisions);

}  // namespace kld::snap
