// SPDX-License-Identifier: BSD-3-Clause
// The EFI system partition of a running machine: where it is mounted, and whether its FAT is consistent.
#pragma once

#include <cstdint>
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

/// What is free on the file system that `place` lies on. The error names it.
Result<std::uint64_t> free_bytes(const std::string& place);

/// Mends what a power cut left: FAT has no journal, and two names may lead to the same clusters afterwards. Unmounts,
/// runs fsck.vfat, mounts again; other file systems are left alone. The partition is mounted when this returns, also
/// with an error, if the machine can do it.
/// @returns an error when a program uses the partition (refused), or when it cannot be mended
Status make_whole(const Partition& partition, Runner& runner, Events& events);

}  // namespace kld::esp
