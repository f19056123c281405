// SPDX-License-Identifier: BSD-3-Clause
// Asks the zfs and zpool of the running system.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::zfs {

struct Query {
    std::string root{};                            ///< dataset, snapshot or pool; empty: all pools
    std::vector<std::string> types{"filesystem"};  ///< of zfs-get(8): "filesystem", "volume", "snapshot", "all"
    std::vector<std::string> properties{};         ///< "all" is one, too
    std::vector<std::string> sources{};            ///< "local", "received"; empty: any
    bool recursive = true;
    unsigned depth = 0;  ///< 0: without a limit
};

/// One row for each dataset.
using Rows = std::vector<std::vector<std::string>>;

/// One `zfs get`. Sizes are in bytes, times in seconds since 1970. Parents come before children.
Result<std::vector<boot::Dataset>> get(Runner& runner, const Query& query);

/// One `zfs list`: a row for each dataset, with its properties in the order asked for, "name" among them if wanted.
/// Where there are thousands of snapshots this is a fraction of what `get` prints.
Result<Rows> list(Runner& runner, const Query& query);

/// What get() and list() run, for those who ask several things at once by Runner::run_all().
Command get_command(const Query& query);
Command list_command(const Query& query);
/// What list() makes of its output.
Result<Rows> parse_list(const Query& query, std::string_view output);

/// Properties of a pool by name, with "feature@…".
Result<std::map<std::string, std::string>> pool_properties(Runner& runner, const std::string& pool);

/// Names of all imported pools.
Result<std::vector<std::string>> pools(Runner& runner);

/// A number of `zfs get -p`; nothing for "-" and "none".
std::uint64_t number(const std::string& value);

}  // namespace kld::zfs
