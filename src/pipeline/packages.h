// SPDX-License-Identifier: BSD-3-Clause
// The packages that the builder makes itself: signed modules, and what ties a stock system to its pool.
#pragma once

#include "modules/provide.h"
#include "pipeline/build.h"

namespace kld::pipeline {

/// Signed modules for the archive's kernel, from the cache or compiled in a throwaway tree.
Result<modules::ModulePackage> module_package(Build& build, const Archive& archive, const modules::SigningKey& key);

/// kldload-boot: the initramfs hooks, first boot, the service preset. @returns the path of the .deb in the cache
Result<std::string> boot_package(Build& build);

/// Both as a signed repository. @returns the sources.list(5) line
Result<std::string> local_repository(Build& build, const std::string& name, const std::vector<std::string>& debs);

}  // namespace kld::pipeline
