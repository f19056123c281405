// SPDX-License-Identifier: BSD-3-Clause
// From a distribution's name and answers to a disk image.
#pragma once

#include <cstdint>
#include <string>

#include "config/answers.h"
#include "image/assemble.h"
#include "pipeline/build.h"

namespace kld::pipeline {

struct ImageWish {
    std::string distro;
    std::string profile;
    config::Answers answers{};
    std::uint64_t disk_bytes = 0;
    image::Format format = image::Format::qcow2;
    image::Compression compression = image::Compression::none;
    std::string output{};
    bool replace = false;     ///< an existing output may be replaced
    bool if_changed = false;  ///< an existing output is kept when it was made of the same inputs, else replaced
};

struct ImageResult {
    std::string image;
    std::string manifest;
    std::string sbom;       ///< SPDX 2.3 JSON
    std::string checksums;  ///< of the image and both of these
    std::string signature;  ///< over the checksums
    std::string kernel;
    std::string zfs;
    std::string tools_tree;
    std::string certificate;  ///< PEM, what `kldload run --secure-boot` enrols
    bool made = true;         ///< false: the existing image was current
};

/// Checks everything that can be checked before the first slow step. On failure nothing is left under the final names.
Result<ImageResult> make_image(Build& build, const ImageWish& wish);

}  // namespace kld::pipeline
