// SPDX-License-Identifier: BSD-3-Clause
// Puts a disk image together: partitions, EFI system partition, pool, disk format.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "image/boot_disk.h"
#include "image/formats.h"

namespace kld::image {

struct AssembleRequest {
    DiskLayout disk;
    std::string pool_program;          ///< kldload-pool
    std::string pool_layout;           ///< text of the layout file
    std::vector<std::string> streams;  ///< "DATASET=FILE"
    std::string overlay_tar;
    std::vector<EspFile> esp;
    Format format = Format::qcow2;
    Compression compression = Compression::none;
    Appliance appliance;
    long time = 0;  ///< of what has one, seconds since the epoch
    std::string output;
    /// Asked about the finished disk, as raw bytes, before it is brought into its format; may use the directory. An
    /// error ends the build, and nothing is left.
    std::function<Status(const std::string& raw, const std::string& scratch)> prove{};
};

/// Makes the image in the directory `output`.partial and moves it from there at the end; on failure nothing is left.
/// Both are for their owner alone to read. An existing output is replaced only then, so the caller must have asked.
/// What a build left there that was interrupted is taken away first. Refused: another build of the same output;
/// something of that name that no build has made.
Status assemble(Runner& runner, Files& files, Events& events, const AssembleRequest& request);

}  // namespace kld::image
