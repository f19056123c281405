// SPDX-License-Identifier: BSD-3-Clause
// Trials of the pool's own machine: who says in a rescue system what boots does not want something else tried first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/disks.h"

namespace kld::recovery {

/// Ends what is on trial for the pool, on each of the partitions with FAT.
/// @returns the datasets, as their own machine calls them
Result<std::vector<std::string>> end_trials(Runner& runner, Files& files, std::uint64_t pool_guid,
                                            const std::vector<EspPartition>& partitions);

}  // namespace kld::recovery
