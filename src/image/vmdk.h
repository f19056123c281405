// SPDX-License-Identifier: BSD-3-Clause
// Writes streamOptimized VMDKs as "Virtual Disk Format 5.0" (VMware) has them: compressed grains behind markers, tables
// after their grains, the directory's place in a footer. qemu-img leaves markers and footer out, and importers that
// read the file as a stream stumble.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"

namespace kld::image {

struct VmdkRequest {
    std::string raw;                          ///< a sparse disk, a whole number of 64 KiB
    std::string output;                       ///< its name is repeated inside
    const std::atomic<bool>* stop = nullptr;  ///< once true, writing ends with an error
};

/// Compresses on all processors; holes and zeros are left out. Memory is about 100 MiB, whatever the disk's size.
Status write_stream_optimized(const VmdkRequest& request);

}  // namespace kld::image
