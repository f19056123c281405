// SPDX-License-Identifier: BSD-3-Clause
// Overlays over a dataset that exists: all of them, or nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/events.h"
#include "pool/open_pool.h"

namespace kld::pool {

struct ApplyOptions {
    std::string dataset{};
    std::vector<std::string> removals{};  ///< paths in it that are taken away before the overlays come
    std::vector<std::string> overlays{};  ///< tar files, in this order; "-" for stdin
};

struct ApplyReport {
    std::string dataset{};
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< of file data
};

/// After an error, and after the process was ended in the middle, the dataset is as it was.
Result<ApplyReport> apply(const OpenPool& pool, const ApplyOptions& options, Events& events);

}  // namespace kld::pool
