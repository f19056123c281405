// SPDX-License-Identifier: BSD-3-Clause
// The boot menu's UKI and the tree of tools it is made in.
#pragma once

#include <string>

#include "modules/provide.h"
#include "pipeline/build.h"

namespace kld::pipeline {

/// The distribution whose kernel and ZFS the menu runs on: the newest Debian of the catalogue, so that it reads every
/// pool.
constexpr const char* kMenuDistro = "debian-13";

struct Menu {
    std::string uki;  ///< signed
    std::string shim;
    std::string mok_manager;
    std::string tools_tree;  ///< root tree with ukify, sbsigntool, virt-fw-vars and shim
    std::string version;     ///< of kernel, ZFS and shim in it: grows when one of them does
};

/// From the cache or made: depends on kernel, ZFS, the menu program and the builder's certificate.
Result<Menu> boot_menu(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                       const modules::SigningKey& key);

/// The menu for a machine of any distribution: made from kMenuDistro's packages, which are those of `archive` when it
/// is that one.
Result<Menu> menu_for(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                      const modules::SigningKey& key);

}  // namespace kld::pipeline
