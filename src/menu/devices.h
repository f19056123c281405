// SPDX-License-Identifier: BSD-3-Clause
// Finds block devices and reads their vdev labels.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "menu/label.h"

namespace kld::menu {

/// False for memory disks, loop devices and volumes of pools, which hold no pool to boot from.
bool may_hold_pool(std::string_view name);

/// Paths of all block devices that may hold one.
std::vector<std::string> device_paths();

/// Labels by device path ("/dev/vda2"); the devices are read at the same time, each for ten seconds at most.
struct DeviceScan {
    std::map<std::string, Label> labels;
    std::vector<std::string> disks;     ///< "vda (8.0 GiB)", whole disks, for people
    std::vector<std::string> problems;  ///< devices that gave no answer
};
/// @param may  which devices, by their kernel's names
DeviceScan scan_devices(bool (*may)(std::string_view name) = may_hold_pool);

}  // namespace kld::menu
