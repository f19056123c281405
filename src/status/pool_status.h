// SPDX-License-Identifier: BSD-3-Clause
// Reads what `zpool status -p` prints, as OpenZFS 2.1 to 2.4 do (JSON has come with 2.3 only).
#pragma once

#include <string_view>
#include <vector>

#include "status/state.h"

namespace kld::status {

/// Every pool that is printed. Times are taken for local ones, as zpool writes them.
/// An error when a pool has no state or the devices are not understood: nothing is better than half of the truth.
Result<std::vector<PoolHealth>> parse_pool_status(std::string_view text);

}  // namespace kld::status
