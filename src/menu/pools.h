// SPDX-License-Identifier: BSD-3-Clause
// Which pools the labels of all devices make up, and how each is imported.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "menu/label.h"

namespace kld::menu {

struct FoundPool {
    std::string name;         ///< as the label has it
    std::string import_name;  ///< the same, or a temporary name when another pool took it
    std::uint64_t guid = 0;
    PoolState state = PoolState::active;
    std::uint32_t hostid = 0;
    std::string hostname{};
    std::uint64_t written = 0;           ///< seconds since 1970, of its last write
    std::vector<std::string> devices{};  ///< "/dev/vda2"
    bool on_boot_disk = false;           ///< one of them is the disk that the menu was started from
    std::size_t missing = 0;             ///< devices that the labels speak of and that are not there
};

/// "<name>-<last six digits of the GUID>": what a pool is called where its own name is taken.
std::string temporary_name(const std::string& name, std::uint64_t guid);

/// Groups labels (by device path) into pools, sorted by name and then GUID. Destroyed pools, spares and cache devices
/// are left out. The label with the newest transaction speaks for the pool. Of several pools with one name the first
/// keeps it, the others get their temporary_name().
std::vector<FoundPool> find_pools(const std::map<std::string, Label>& labels);

enum class PoolAccess { read, write };

/// `zpool import` for it: no mounts, no cache file, looking at its own devices alone.
std::vector<std::string> import_command(const FoundPool& pool, PoolAccess access = PoolAccess::read);

}  // namespace kld::menu
