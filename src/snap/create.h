// SPDX-License-Identifier: BSD-3-Clause
// ksnap create: snapshots of several datasets at one moment.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/runner.h"
#include "boot/dataset.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::snap {

/// What a person's snapshots carry as org.kldload:reason.
inline constexpr const char* kKsnap = "ksnap";

/// True for what is mounted on or below /var/cache, /var/tmp and /tmp: nobody needs snapshots of that.
bool is_throwaway(const std::string& place);

/// The dataset that / lies on, and every mounted file system of its pool, without other boot environments and
/// without what is_throwaway().
/// @param datasets  of that pool, with mountpoint and org.zfsbootmenu:active
Result<std::vector<std::string>> usual_datasets(const std::vector<zfs::Mount>& mounts,
                                                const std::vector<boot::Dataset>& datasets);

/// usual_datasets() of this system.
Result<std::vector<std::string>> read_usual_datasets(Runner& runner, const std::vector<zfs::Mount>& mounts);

struct CreateWish {
    std::string name{};  ///< empty: the prefix, "-" and the time
    std::vector<std::string> datasets{};
    bool recursive = false;
    std::string prefix = "manual";
    std::string reason = kKsnap;  ///< org.kldload:reason
};

/// The names of all snapshots that a new one could collide with.
Result<std::vector<std::string>> read_taken(Runner& runner, const CreateWish& wish);

struct Creation {
    zfs::Plan plan;
    std::vector<std::string> snapshots;  ///< those of the datasets that were named
};

/// One `zfs snapshot` for each pool: all its datasets at one moment. With `recursive` the datasets below go along.
/// Errors: a name that ZFS does not take, or that one of the datasets has already.
Result<Creation> plan_create(const CreateWish& wish, const std::vector<std::string>& taken, std::time_t now);

}  // namespace kld::snap
