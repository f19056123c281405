// SPDX-License-Identifier: BSD-3-Clause
// A disk whose firmware entry is the kernel itself: what a boot without a menu is.
#pragma once

#include "bench/inputs.h"

namespace kld::bench {

/// Makes a raw disk at `path` with the partitions of an image, of which only the EFI system partition has content: the
/// kernel of `inputs.tree` with its initramfs and `command_line` as one unsigned UKI, \EFI\BOOT\BOOTX64.EFI.
Status make_direct_disk(Bench& bench, const Inputs& inputs, const std::string& command_line, const std::string& path);

}  // namespace kld::bench
