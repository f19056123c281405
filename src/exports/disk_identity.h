// SPDX-License-Identifier: BSD-3-Clause
// The identity of a disk, given to its copy: --keep-identity.
#pragma once

#include <string>

#include "base/runner.h"
#include "exports/world.h"
#include "image/disk_layout.h"

namespace kld::exports {

/// Gives the finished disk `raw` the GUIDs of the partition table and of the EFI system partition, and the number of
/// its FAT. Only once no device shows the disk: two with the same GUIDs would make links of udev lead to the wrong one.
Status keep_disk_identity(Runner& runner, const std::string& raw, const image::DiskLayout& disk, const Esp& esp);

}  // namespace kld::exports
