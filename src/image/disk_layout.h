// SPDX-License-Identifier: BSD-3-Clause
// Where things lie on the disk: GPT, an EFI system partition, the pool.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace kld::image {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kEspBytes = 512 * kMiB;

struct DiskLayout {
    std::uint64_t size = 0;  ///< of the disk, bytes
    std::uint64_t esp_offset = 0;
    std::uint64_t esp_size = 0;
    std::uint64_t pool_offset = 0;
    std::uint64_t pool_size = 0;
    std::string disk_guid;  ///< upper case, random
    std::string esp_partuuid;
    std::string pool_partuuid;
};

/// Lays out a disk of `size` bytes (rounded down to a MiB) with fresh random identities.
/// Too small a disk is an error that names the bytes needed.
/// @param esp_size  of the EFI system partition, a whole number of MiB
Result<DiskLayout> plan_disk(std::uint64_t size, std::uint64_t esp_size = kEspBytes);

/// The script that sfdisk(8) reads.
std::string sfdisk_script(const DiskLayout& layout);

/// A random (version 4) UUID in upper case.
std::string random_uuid();

}  // namespace kld::image
