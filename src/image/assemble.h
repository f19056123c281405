// SPDX-License-Identifier: BSD-3-Clause
// Puts a disk image together: partitions, EFI system partition, pool, disk format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "image/disk_layout.h"
#include "image/esp.h"

namespace kld::image {

enum class Format { raw, qcow2 };

struct AssembleRequest {
    DiskLayout disk;
    std::string pool_program;          ///< kldload-pool
    std::string pool_layout;           ///< text of the layout file
    std::vector<std::string> streams;  ///< "DATASET=FILE"
    std::string overlay_tar;
    std::vector<EspFile> esp;
    Format format = Format::qcow2;
    std::string output;
};

/// Makes the image beside `output` and renames it at the end; on failure nothing is left. An existing output is
/// replaced only then, so the caller must have asked.
Status assemble(Runner& runner, Files& files, Events& events, const AssembleRequest& request);

}  // namespace kld::image
