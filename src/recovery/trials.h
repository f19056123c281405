// SPDX-License-Identifier: BSD-3-Clause
// Trials of the pool's own machine: who says in a rescue system what boots does not want something else tried first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/events.h"
#include "recovery/disks.h"

namespace kld::recovery {

struct TrialsEnded {
    std::vector<std::string> datasets{};  ///< what was on trial, as its own machine calls it; each once
    std::vector<std::string> kept{};      ///< "on /dev/vdb1 the trial of rpool/ROOT/new could not be ended"
    std::vector<std::string> details{};   ///< why, a line for each of those
};

/// Ends what is on trial for the pool on all of the partitions with FAT, also when one of them fails.
TrialsEnded end_trials(Runner& runner, Files& files, std::uint64_t pool_guid,
                       const std::vector<EspPartition>& partitions);

/// The same once `environment` is the one that boots from now on, and says what came of it.
/// @param partitions  an error is a warning: a pool without such a partition beside it is started from somewhere else
/// @returns an error when something is still on trial, or when that could not be told
Status end_trials_after(Runner& runner, Files& files, Events& events, const std::string& environment,
                        std::uint64_t pool_guid, const Result<std::vector<EspPartition>>& partitions);

}  // namespace kld::recovery
