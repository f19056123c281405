// SPDX-License-Identifier: BSD-3-Clause
// New datasets at a path, step by step: pure functions of the world.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "datasets/place.h"
#include "datasets/world.h"
#include "zfs/plan.h"
#include "zfs/properties.h"

namespace kld::datasets {

struct MakeWish {
    bool parents = false;                  ///< make missing directories above; a dataset that is there is no error
    zfs::Properties properties{};          ///< of the new dataset
    std::optional<std::uint64_t> quota{};  ///< bytes
};

/// The pool that a path lies on. Refused: another file system; a boot environment that does not run.
Result<std::string> pool_at(const World& world, const Place& place);

/// Adds to the plan what makes a dataset mounted at the place, and to the world what it then is. The new directory has
/// owner and mode as mkdir(1) would give them, or those of the empty directory that it takes the place of. What a
/// killed command left of it (zfs::kUnfinished) is finished. Refused: something is there; a part of the system; a name
/// that is taken.
Status plan_make(World& world, const Place& place, const MakeWish& wish, zfs::Plan& plan);

/// Refused (exit 3) unless nothing or an empty directory is there, on which nothing is mounted.
Status expect_free(const std::vector<zfs::Mount>& mounts, const Place& place);

/// Makes the directory to mount on, after taking away an empty one that is there.
void add_mountpoint(const Place& place, zfs::Plan& plan);

/// Mounts it, and takes that back should a later step fail.
zfs::Step mount_step(const std::string& dataset, const std::string& place);

}  // namespace kld::datasets
