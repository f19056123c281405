// SPDX-License-Identifier: BSD-3-Clause
// The root tree of a distribution and profile, as a tar in the cache.
#pragma once

#include <string>
#include <vector>

#include "initramfs/generator.h"
#include "modules/provide.h"
#include "pipeline/build.h"
#include "pipeline/console.h"

namespace kld::pipeline {

struct TreeWish {
    catalog::Profile profile;
    std::string locale;
    initramfs::Generator generator = initramfs::Generator::initramfs_tools;
    catalog::ModuleModel modules = catalog::ModuleModel::built;
    ConsoleFiles console{};
    std::string menu_package{};  ///< path of a .deb; empty: the boot files are not dpkg's
    catalog::FeatureSet features{};
};

struct Tree {
    std::string tar;
    std::string manifest;  ///< JSON: every package with version, sha256 and source
};

/// What is installed beyond the distribution's variant.
std::vector<std::string> wanted_packages(const Archive& archive, const TreeWish& wish);

/// By all that goes into the tree: "debian-13-server+cloud-0123456789abcdef".
/// @param debs  digests of the packages that the builder made itself
std::string tree_name(const Archive& archive, const TreeWish& wish, const std::vector<std::string>& debs);

/// From the cache, when nothing that goes into it has changed since, the archive included; else made.
Result<Tree> root_tree(Build& build, const Archive& archive, const modules::ModulePackage& zfs, const TreeWish& wish);

}  // namespace kld::pipeline
