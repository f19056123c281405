// SPDX-License-Identifier: BSD-3-Clause
// The descriptor and the manifest of an OVA (DMTF DSP0243), in the form that VMware and VirtualBox both take.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "image/formats.h"

namespace kld::image {

struct OvfDisk {
    std::string file;                   ///< name of the streamOptimized vmdk beside the descriptor
    std::uint64_t file_bytes = 0;       ///< of that file
    std::uint64_t capacity_bytes = 0;   ///< of the disk
    std::uint64_t populated_bytes = 0;  ///< of the disk, as far as it holds data
};

/// The text of NAME.ovf.
std::string ovf_descriptor(const Appliance& appliance, const OvfDisk& disk);

/// The text of NAME.mf: one line "SHA256(file)= hex" for each file, in the one spelling that all importers take.
/// @param digests  file name and sha256 in hex
std::string ovf_manifest(const std::vector<std::pair<std::string, std::string>>& digests);

}  // namespace kld::image
