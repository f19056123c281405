// SPDX-License-Identifier: BSD-3-Clause
// Verifies a pool: every copy of every block, and that the space maps and the blocks say the same.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "pool/open_pool.h"

namespace kld::pool {

struct DamagedBlock {
    std::string dataset{};  ///< empty: the pool's own data
    std::string path{};     ///< as far as it is known
    std::uint64_t object = 0, block = 0;
    std::int64_t level = 0;
    std::uint64_t offset = 0;  ///< on the device
    int copy = 0;
    std::string problem{};
};

struct CheckReport {
    std::string pool{};
    std::uint64_t blocks = 0;     ///< copies read
    std::uint64_t bytes = 0;      ///< that they take
    std::uint64_t allocated = 0;  ///< by the space maps
    std::uint64_t leaked = 0;     ///< allocated, but nothing refers to it
    std::uint64_t missing = 0;    ///< referred to, but free by the space maps
    std::uint64_t doubled = 0;    ///< referred to by two blocks that share nothing
    std::string unsure{};         ///< why space was not compared
    std::uint64_t damaged_count = 0;
    std::vector<DamagedBlock> damaged{};  ///< the first hundred

    bool clean() const { return damaged_count == 0 && leaked == 0 && missing == 0 && doubled == 0; }
};

Result<CheckReport> check(const OpenPool& pool, Events& events);

}  // namespace kld::pool
