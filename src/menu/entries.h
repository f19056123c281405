// SPDX-License-Identifier: BSD-3-Clause
// Makes the menu's entries out of pools, datasets and what lies in each boot environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "boot/dataset.h"
#include "menu/pools.h"
#include "menu/world.h"

namespace kld::menu {

/// A pool that is imported: `zpool list -Hp -o name,guid,bootfs`.
struct ImportedPool {
    std::string name;
    std::uint64_t guid = 0;
    std::string bootfs;  ///< "-" when not set
};
Result<std::vector<ImportedPool>> parse_imported_pools(std::string_view output);

/// What the menu wants to know from inside a boot environment.
struct EnvironmentContent {
    std::vector<std::string> boot_names{};  ///< names in /boot
    std::string os_release{};               ///< content, "" when there is none
    std::string hostid{};                   ///< content of /etc/hostid
    std::uint32_t fresh_hostid = 0;         ///< random, for a machine that has none yet
    std::string root_script{};              ///< content of initramfs-tools' scripts/zfs
};
using Inspect = std::function<Result<EnvironmentContent>(const std::string& dataset)>;

/// True when initramfs-tools' script takes a pool's GUID in place of its name (OpenZFS 2.1 and later).
bool understands_pool_guid(std::string_view root_script);

/// @param found   what the labels said, for hostids and real names
/// @param prefer  Options::prefer
World make_world(const std::vector<FoundPool>& found, const std::vector<ImportedPool>& imported,
                 const std::vector<boot::Dataset>& datasets, const Inspect& inspect, const std::string& prefer);

}  // namespace kld::menu
