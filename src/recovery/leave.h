// SPDX-License-Identifier: BSD-3-Clause
// Gives a pool back: nothing of it stays mounted or imported.
#pragma once

#include <vector>

#include "recovery/target.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::recovery {

/// Unmounts what is mounted of the pool and below its altroot, last first, and exports it. Keys are forgotten with
/// that, and a temporary name ends.
zfs::Plan plan_export(const ImportedPool& pool, const std::vector<zfs::Mount>& mounts);

/// Removes the directory that krecovery import made, with the empty ones in it that zfs(8) made to mount on: what is
/// no empty directory of that one file system stays. Nothing to do for a directory of a person's own.
zfs::Plan plan_tidy(const ImportedPool& pool);

/// Does both. Once the pool is exported nothing is an error any more; a directory that stays is a warning. The error
/// says how to find what uses the pool.
Status leave(Runner& runner, Files& files, Events& events, const ImportedPool& pool,
             const std::vector<zfs::Mount>& mounts);

}  // namespace kld::recovery
