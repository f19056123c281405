// SPDX-License-Identifier: BSD-3-Clause
// Which of the EFI system partitions of a pool's disks is the one that an environment mounts, and where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recovery/disks.h"

namespace kld::recovery {

struct EspChoice {
    std::string place{};  ///< "/boot/efi", as the environment calls it; empty: nothing is mounted
    std::optional<EspPartition> partition{};
    std::string warning{};  ///< what a person should know, also when there is a partition
};

/// The one that the environment's fstab has: by PARTUUID=, UUID= or a link of /dev/disk that leads to it here. Where
/// none of its lines is about one of them, the first with FAT, with a warning, on the place of a line that cannot be
/// matched; else on /boot/efi or /efi. Places without a directory do not count.
/// @param root  where the environment is mounted
EspChoice choose_esp(Files& files, const std::string& root, const std::vector<EspPartition>& partitions);

}  // namespace kld::recovery
