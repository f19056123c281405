// SPDX-License-Identifier: BSD-3-Clause
// The bill of materials of an image: what is installed, what boots it, and what both were made of.
#pragma once

#include <string>
#include <vector>

#include "pipeline/build.h"
#include "pipeline/loader.h"

namespace kld::pipeline {

struct SbomWish {
    std::string image;  ///< its path; only the name is told
    std::string profile;
    std::vector<std::string> features{};
    std::string manifest;  ///< of the tree
    long time = 0;         ///< of the document, seconds since the epoch
};

/// @returns SPDX 2.3 JSON. The image's own checksum is not in it: an image has random identities, and the same inputs
/// shall give the same document.
Result<std::string> image_sbom(Build& build, const Archive& archive, const Loader& loader, const SbomWish& wish);

}  // namespace kld::pipeline
