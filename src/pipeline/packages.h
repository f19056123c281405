// SPDX-License-Identifier: BSD-3-Clause
// The packages that the builder makes itself: signed modules, and what ties a stock system to its pool.
#pragma once

#include "modules/provide.h"
#include "pipeline/build.h"
#include "pipeline/menu.h"

namespace kld::pipeline {

/// Signed modules for the archive's kernel, from the cache or compiled in a throwaway tree.
Result<modules::ModulePackage> module_package(Build& build, const Archive& archive, const modules::SigningKey& key);

/// Ties the distribution's kernel to those modules. @returns the path of the .deb in the cache
Result<std::string> tie_package(Build& build, const Archive& archive);

/// kldload-boot: the initramfs hooks, first boot, the service preset. @returns the path of the .deb in the cache
Result<std::string> boot_package(Build& build);

/// kldload-dkms: keeps a kernel for which ZFS does not compile from being installed.
Result<std::string> dkms_package(Build& build, const catalog::Distro& distro);

/// kldload-menu: menu, shim and MokManager, and the program that brings them onto the EFI system partition.
/// @returns the path of the .deb in the cache
Result<std::string> menu_package(Build& build, const Menu& menu);

/// Packages as a signed repository, for this build alone. @returns the sources.list(5) line
Result<std::string> local_repository(Build& build, const std::string& directory, const std::vector<std::string>& debs);

}  // namespace kld::pipeline
