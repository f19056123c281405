// SPDX-License-Identifier: BSD-3-Clause
// A disk image with its partitions and a filled EFI system partition; what the pool partition holds comes later.
#pragma once

#include <string>
#include <vector>

#include "base/runner.h"
#include "image/disk_layout.h"
#include "image/esp.h"

namespace kld::image {

/// Makes the raw, sparse image `path`; what was there is overwritten.
Status make_boot_disk(Runner& runner, const std::string& path, const DiskLayout& disk, const std::vector<EspFile>& esp);

}  // namespace kld::image
