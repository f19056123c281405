// SPDX-License-Identifier: BSD-3-Clause
// Sets properties of a pool, dataset or snapshot that exists: all of them, or none.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pool/open_pool.h"

namespace kld::pool {

struct SetOptions {
    std::string target{};                                           ///< pool, dataset or snapshot
    std::vector<std::pair<std::string, std::string>> properties{};  ///< as zfs(8) and zpool(8) have them
};

/// @returns what holds now
Result<Properties> set_properties(const OpenPool& pool, const SetOptions& options);

/// "NAME=VALUE... TARGET", as zfs set takes it. Exit 2.
Result<SetOptions> parse_set(const std::vector<std::string>& words);

}  // namespace kld::pool
