// SPDX-License-Identifier: BSD-3-Clause
// What is installed in a tree that mmdebstrap made, and where each package came from.
#pragma once

#include <string>
#include <vector>

#include "family/apt/manifest.h"
#include "pipeline/build.h"

namespace kld::pipeline {

/// mmdebstrap's hook that brings the indices of the archive out of a tree, before they are removed there.
/// @param directory  on the builder
std::string copy_out_lists(const std::string& directory);

/// @param dpkg_status  text of /var/lib/dpkg/status
/// @param directory    where the hook put the indices
Result<std::vector<apt::ManifestEntry>> installed_packages(Build& build, const std::string& dpkg_status,
                                                           const std::string& directory);

/// A manifest of the cache.
Result<std::vector<apt::ManifestEntry>> read_manifest(Build& build, const std::string& path);

}  // namespace kld::pipeline
