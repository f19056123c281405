// SPDX-License-Identifier: BSD-3-Clause
// Makes a pool in an image and fills it: from a tree or from send streams, with overlays.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "pool/image_file.h"
#include "pool/streams.h"

namespace kld::pool {

struct CreateOptions {
    ImageTarget image{};
    std::string layout{};                 ///< path of the layout file
    std::string tree{};                   ///< a directory; else
    std::string tar{};                    ///< a tar file, "-" for stdin; else
    std::vector<StreamFile> streams{};    ///< send streams of datasets
    std::vector<std::string> removals{};  ///< paths that are taken away before the overlays come
    std::vector<std::string> overlays{};  ///< tar files, in this order over the tree
};

struct CreateReport {
    std::string pool{};
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;      ///< of file data
    std::uint64_t allocated = 0;  ///< in the pool
    std::vector<std::string> datasets{};
    std::vector<std::string> snapshots{};
    std::vector<std::string> features_left_out{};
};

/// Once in a process. After an error the process must end without stopping OpenZFS.
Result<CreateReport> create(const CreateOptions& options, Events& events);

}  // namespace kld::pool
