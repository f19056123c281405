// SPDX-License-Identifier: BSD-3-Clause
// Gives a pool back: nothing of it stays mounted or imported.
#pragma once

#include <vector>

#include "recovery/target.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::recovery {

/// Unmounts what is mounted of the pool and below its altroot, last first, exports it, and removes the directory that
/// krecovery import made. Keys are forgotten with the export, and a temporary name ends.
zfs::Plan plan_export(const ImportedPool& pool, const std::vector<zfs::Mount>& mounts);

}  // namespace kld::recovery
