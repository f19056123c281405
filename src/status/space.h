// SPDX-License-Identifier: BSD-3-Clause
// What holds a pool: every dataset by the space that would come back without it, without its snapshots, without its
// reservation.
#pragma once

#include "base/runner.h"
#include "base/table.h"

namespace kld::status {

/// Datasets, the largest first; the sum of all is what is in use. Numbers are bytes.
/// @param root  a pool or a dataset, with all below it; empty: all pools
Result<Table> read_space(Runner& runner, const std::string& root);

}  // namespace kld::status
