// SPDX-License-Identifier: BSD-3-Clause
// What a machine says that starts the disk by BIOS. Firmware with UEFI never looks at it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::image {

/// The program in the first sector of a disk: up to the disk signature at byte 440, which belongs to the partition
/// table.
std::string_view bios_notice();

/// Writes it into the image `path`, which has its partitions already. They are not touched.
Status write_bios_notice(const std::string& path);

}  // namespace kld::image
