// SPDX-License-Identifier: BSD-3-Clause
// Describes a file tree so that two trees on different file systems can be compared byte by byte.
#pragma once

#include <string>

#include "base/result.h"

namespace kld::test {

/// One line for each thing, sorted by path, fields by "name=value", bytes outside of printable ASCII as \xNN:
/// path type mode uid gid links size mtime device target xattrs sha256 holes.
/// `links` of a directory is its link count without its subdirectories: 2 on Linux file systems. `holes` are the whole
/// MiB that are holes: finer ones differ by file system. Access and change times are left out; xattrs are in hex,
/// sorted. Mounts below are crossed.
Result<std::string> tree_manifest(const std::string& directory);

}  // namespace kld::test
