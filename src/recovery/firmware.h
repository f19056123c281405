// SPDX-License-Identifier: BSD-3-Clause
// The firmware's own list of what it boots. Entries of others are neither changed nor removed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "recovery/disks.h"
#include "zfs/plan.h"

namespace kld::recovery {

struct FirmwareEntry {
    std::string number;  ///< "0003"
    std::string label;
    std::string path;  ///< as efibootmgr prints it: "HD(1,GPT,…)/File(\EFI\BOOT\BOOTX64.EFI)"
    bool active = false;
};

struct Firmware {
    std::vector<std::string> order{};  ///< numbers, first tried first
    std::vector<FirmwareEntry> entries{};
};

/// Output of `efibootmgr -v`.
Firmware parse_firmware(std::string_view output);

/// Refuses (exit 3) on a system that was not started by UEFI, or has no access to its variables, and says what to do.
Status expect_variables(Files& files);

/// An entry for the fallback loader of each partition, which shim and every other loader of kldload is. Those that are
/// there and cannot be reached are mended, with one change of the order for all; one that can be reached is left alone.
/// What is made comes first in the order.
/// @param prefix  words before efibootmgr: "chroot", "/mnt"
Result<zfs::Plan> plan_firmware(const Firmware& firmware, const std::vector<EspPartition>& partitions,
                                const std::string& label, const std::vector<std::string>& prefix);

}  // namespace kld::recovery
