// SPDX-License-Identifier: BSD-3-Clause
// The EFI system partition of a running machine: where it is mounted, and whether its FAT is consistent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/events.h"
#include "base/files.h"
#include "base/result.h"
#include "base/runner.h"

namespace kld::esp {

struct Partition {
    std::string place;     ///< directory
    std::string device{};  ///< "/dev/vda1"; empty while it is not mounted
    std::string type{};    ///< "vfat"; empty while it is not mounted
    bool in_fstab = false;

    bool mounted() const { return !type.empty(); }
};

/// Reads /proc/self/mountinfo and /etc/fstab. What is mounted last at the place counts: below it systemd may have its
/// automount.
Result<Partition> find_partition(Files& files, const std::string& place);

/// The one of this machine: mounted on /boot/efi or /efi, else which of them is in /etc/fstab, else /boot/efi. An
/// automount is made to mount.
Result<Partition> find_esp(Files& files);

/// The partition of the running machine, held by who writes to it and by who unmounts it to check it; waits for
/// another. Where it is mounted may be asked afterwards.
Result<Lock> hold_esp(Files& files);

/// What is free on the file system that `place` lies on. The error names it.
Result<std::uint64_t> free_bytes(const std::string& place);

/// Refuses a device that is mounted, also where this process does not see it: in the mounts of another one.
Status expect_unused(const std::string& device);

/// Whether a device may be written to beside the kernel.
using DeviceGuard = std::function<Status(const std::string& device)>;

/// Mends what a power cut left: FAT has no journal, and two names may lead to the same clusters afterwards. Unmounts,
/// runs fsck.vfat, mounts again; other file systems are left alone. The partition is mounted when this returns, also
/// with an error, if the machine can do it.
/// @returns an error when a program uses the partition, or it is mounted elsewhere, too (refused), or when it cannot be
/// mended
Status make_whole(const Partition& partition, Runner& runner, Events& events, const DeviceGuard& guard = expect_unused);

}  // namespace kld::esp
