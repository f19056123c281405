// SPDX-License-Identifier: BSD-3-Clause
// Writes the boot files of an environment's own package onto the EFI system partitions of its disks again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "boot/dataset.h"
#include "check/report.h"
#include "esp/partition.h"
#include "esp/update.h"
#include "recovery/disks.h"
#include "recovery/target.h"
#include "zfs/passing_mount.h"

namespace kld::recovery {

/// Where the package kldload-menu has its files, below a root.
inline constexpr const char* kBootPackage = "/usr/lib/kldload/esp";

/// The directory with the boot files. Refused: it is not there, as in a system that gets no updates of the menu, or
/// that ZFSBootMenu starts. Those of the rescue system are not taken unasked: they may be signed with another key.
/// @param root  where the environment is mounted
/// @param from  a person's choice; empty: the environment's package
Result<std::string> boot_package(Files& files, const std::string& root, const std::string& environment,
                                 const std::string& from);

struct RepairWish {
    std::string package;
    bool format = false;  ///< make a FAT where there is none
    bool dry_run = false;
};

/// Refused: this system has the partition mounted; it has no FAT, without `format`.
Status expect_repairable(const EspPartition& partition, const RepairWish& wish);

/// One partition with what is to be done there.
struct Repair {
    EspPartition partition{};
    /// Gone with this object; not there while the partition has no FAT.
    std::optional<zfs::PassingMount> mount{};
    esp::World world{};
    std::vector<esp::Step> steps{};
};

/// Mounts the partition and looks. For a dry run of `format` the steps are those of an empty file system.
Result<Repair> look_at_partition(Runner& runner, Files& files, const EspPartition& partition, const RepairWish& wish);

/// Checks FAT where fsck.vfat is there, and does the steps. Nothing is written when the FAT cannot be mended, is
/// mounted elsewhere, too, or when the kernel cannot swap names on it.
Status repair(Runner& runner, Files& files, Events& events, Repair& work, const RepairWish& wish,
              const esp::DeviceGuard& guard = esp::expect_unused);

/// The rows of `kldload check` that are about an EFI system partition, and about what is started from it.
/// @param root     where the environment is mounted
/// @param dataset  with its properties, mount points without the altroot
Result<check::Report> check_partition(Runner& runner, Files& files, const Repair& work, const ImportedPool& pool,
                                      const std::string& root, const boot::Dataset& dataset);

/// Errors: one of the reports says that the machine would not boot from that partition.
Status expect_bootable(const std::vector<check::Report>& reports);

}  // namespace kld::recovery
