// SPDX-License-Identifier: BSD-3-Clause
// The boot menu's UKI and the tree of tools it is made in.
#pragma once

#include <string>
#include <vector>

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
    std::string tools_tree;          ///< root tree with ukify, sbsigntool, virt-fw-vars and shim
    std::string keymaps{};           ///< keyboard layouts, as they are in the menu
    std::string version;             ///< of kernel, ZFS and shim in it: grows when one of them does
    std::string manifest;            ///< JSON: the packages that the UKI was made of
    std::string tools_manifest;      ///< JSON: all packages of the tools tree, shim among them
    std::vector<std::string> lines;  ///< sources.list(5): where all of them came from
};

/// From the cache or made: depends on kernel, ZFS, the menu program and the builder's certificate.
Result<Menu> boot_menu(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                       const modules::SigningKey& key);

/// The menu for a machine of any distribution: made from kMenuDistro's packages, which are those of `archive` when it
/// is that one.
Result<Menu> menu_for(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                      const modules::SigningKey& key);

}  // namespace kld::pipeline
