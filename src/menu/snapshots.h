// SPDX-License-Identifier: BSD-3-Clause
// Snapshots of a boot environment, and the clone that one of them becomes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/runner.h"

namespace kld::menu {

struct Snapshot {
    std::string name;           ///< behind the @
    std::uint64_t created = 0;  ///< seconds since 1970

    /// "2026-11-26 20:50:55 UTC": a menu knows no time zone.
    std::string created_text() const;
};

/// The environment's own snapshots, newest first.
Result<std::vector<Snapshot>> list_snapshots(Runner& runner, const std::string& environment);

/// `<environment>_<snapshot>`, with a number behind it when that is taken. Blanks, which a kernel command line cannot
/// hold, become dashes; a name over the 255 characters of ZFS is cut.
std::string clone_name(const std::string& environment, const std::string& snapshot,
                       const std::set<std::string>& taken = {});

/// Properties that were set on a dataset itself (`zfs get -Hp -s local,received -o property,value all`), without those
/// that belong to one place in the pool (mountpoint, canmount, quotas, reservations), that a clone has from its origin,
/// or that say why kldload made it.
/// @returns an error when a value has line breaks, since such output cannot be told apart
Result<std::vector<std::pair<std::string, std::string>>> parse_own_properties(std::string_view output);

/// `zfs clone`: a boot environment that nothing but a menu mounts.
std::vector<std::string> clone_command(const std::string& snapshot, const std::string& clone,
                                       const std::vector<std::pair<std::string, std::string>>& properties);

}  // namespace kld::menu
