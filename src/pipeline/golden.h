// SPDX-License-Identifier: BSD-3-Clause
// A root tree as send streams, one for each dataset: made once, received by every image and every install.
#pragma once

#include <string>
#include <vector>

#include "pipeline/build.h"
#include "pipeline/tree.h"

namespace kld::pipeline {

struct Golden {
    std::string directory;             ///< in the cache: what is in it never changes
    std::vector<std::string> streams;  ///< "DATASET=FILE", as kldload-pool receive takes them
};

/// From the cache or made: depends on the tree, the datasets, how they are compressed and kldload-pool.
/// @param compression  of the blocks in the streams, as a value of the property
Result<Golden> golden_streams(Build& build, const catalog::Distro& distro, const Tree& tree,
                              const std::string& compression);

}  // namespace kld::pipeline
