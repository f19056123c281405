// SPDX-License-Identifier: BSD-3-Clause
// The one call that gives a package of ZFS modules for an exact kernel, from the cache or built.
#pragma once

#include <functional>
#include <string>

#include "base/events.h"
#include "base/files.h"
#include "base/result.h"
#include "modules/module_cache.h"
#include "modules/module_package.h"

namespace kld::modules {

struct Request {
    ModuleWish wish;
    std::string architecture = "amd64";
    std::string cache_directory;  ///< made when missing
    const SigningKey& key;
    /// Called only when the cache has no answer: a tree with linux-headers of the kernel, the kernel and zfs-dkms
    /// installed.
    std::function<Result<BuilderTree>()> builder_tree;
    /// Writes the plan as a .deb into a directory and returns its path (the apt family's packer).
    std::function<Result<std::string>(const PackagePlan& plan, const std::string& directory)> pack;
};

/// Holds a lock on the cache entry, so that two programs with the same wish build once. Nothing half made is ever found
/// in the cache: an entry is built beside it and renamed.
Result<ModulePackage> provide(Files& files, Events& events, const Request& request);

}  // namespace kld::modules
