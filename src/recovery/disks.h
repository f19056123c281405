// SPDX-License-Identifier: BSD-3-Clause
// The EFI system partitions on the disks of a pool.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::recovery {

struct EspPartition {
    std::string device;        ///< "/dev/vdb1"
    std::string disk;          ///< "/dev/vdb"
    std::uint64_t number = 0;  ///< of the partition
    std::string type{};        ///< of its file system: "vfat"; empty when there is none
    std::string uuid{};        ///< of the file system: "1234-ABCD"
    std::string partuuid{};    ///< lower case
    std::string place{};       ///< where this system has it mounted; empty: nowhere
};

/// @param listing  of `lsblk --list --json --paths`, with the columns of list_disks()
/// @param devices  of the pool, "/dev/vdb2"
/// @returns those on the same disks, in the order of the listing; their numbers are not set
Result<std::vector<EspPartition>> parse_disks(std::string_view listing, const std::vector<std::string>& devices);

/// Asks lsblk(8) and sysfs. None is an error that names the disks.
Result<std::vector<EspPartition>> find_partitions(Runner& runner, Files& files,
                                                  const std::vector<std::string>& devices);

/// One of them by its device; empty: all.
Result<std::vector<EspPartition>> choose_partitions(const std::vector<EspPartition>& all, const std::string& device);

}  // namespace kld::recovery
