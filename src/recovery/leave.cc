// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/leave.h"

#include <algorithm>

#include "boot/dataset.h"
#include "recovery/import.h"

namespace kld::recovery {
namespace {

/// "rpool/home" and "rpool/home@a" are of rpool, "rpool2/x" is not.
bool is_of(const zfs::Mount& mount, const std::string& pool) {
    const auto name = boot::pool_of(mount.source);
    return mount.type == "zfs" && name.substr(0, name.find('@')) == pool;
}

}  // namespace

zfs::Plan plan_export(const ImportedPool& pool, const std::vector<zfs::Mount>& mounts) {
    zfs::Plan plan;
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount)
        if (is_of(*mount, pool.name) || zfs::lies_in(mount->target, pool.altroot))
            plan.steps.push_back({"unmount " + mount->target, {"umount", mount->target}, {}});
    plan.steps.push_back({"export " + pool.name, {"zpool", "export", pool.name}, {}});
    if (pool.altroot.starts_with(kPlaces))
        plan.steps.push_back({"remove " + pool.altroot, {"rmdir", pool.altroot}, {}});
    return plan;
}

}  // namespace kld::recovery
