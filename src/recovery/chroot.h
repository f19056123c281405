// SPDX-License-Identifier: BSD-3-Clause
// A boot environment as its own system would see it, in mounts of this process alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "be/world.h"
#include "recovery/disks.h"
#include "recovery/target.h"
#include "zfs/plan.h"

namespace kld::recovery {

/// What decides about the mounts.
struct ChrootWorld {
    ImportedPool pool;
    std::string environment;               ///< dataset
    std::vector<boot::Dataset> datasets;   ///< all file systems of the pool: canmount, mountpoint, keystatus
    std::vector<EspPartition> partitions;  ///< may be empty
    std::string resolver{};                ///< content of this system's /etc/resolv.conf; empty: none
};

/// Mounts the environment on the altroot. Refused: its key is not loaded.
Result<zfs::Step> plan_root(const ChrootWorld& world);

/// What comes after that.
struct Inside {
    zfs::Plan needed{};  ///< /dev, /proc and /sys of this system, and a /run of its own
    /// The pool's other file systems, udev's part of this system's /run, the EFI system partition, name servers: a
    /// command may well do without one of them. What has no directory in there, or no key, is left out with a warning.
    zfs::Plan wanted{};
};

/// @param files  with the environment mounted on the altroot
Inside plan_inside(const ChrootWorld& world, Files& files);

/// All of it for --dry-run, with the environment mounted for reading for as long as that is looked at.
Result<zfs::Plan> whole_plan(Runner& runner, const ChrootWorld& world, Files& files);

/// How a command is run with `root` as its /. @returns its exit code
using RunInside = std::function<Result<int>(const std::vector<std::string>& command, const std::string& root)>;

/// On this terminal; what it leaves running is killed, and so keeps neither the pool nor the partition in use.
/// @param stdout_fd  when set, the command's stdout
RunInside run_and_leave_nothing(int stdout_fd = -1);

/// Mounts all of it, runs the command there and unmounts again. This process must have mounts of its own
/// (zfs::have_own_mounts), so nothing stays, whatever comes between.
/// @returns the command's exit code
Result<int> run_in_chroot(Runner& runner, Files& files, Events& events, const ChrootWorld& world,
                          const std::vector<std::string>& command, const RunInside& run = run_and_leave_nothing());

}  // namespace kld::recovery
