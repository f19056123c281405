// SPDX-License-Identifier: BSD-3-Clause
// ksnap list and ksnap space.
#pragma once

#include "base/table.h"
#include "snap/snapshots.h"

namespace kld::snap {

/// Name, creation, used, referenced, holds, reason; then what JSON has beyond that: dataset, snapshot, createtxg,
/// clones. In the order given.
Table list_snapshots(const std::vector<Snapshot>& snapshots);

/// How much the snapshots of each dataset hold, the most first: dataset, by snapshots, by the data of now, used.
/// @param root  dataset or pool; empty: all pools
Result<Table> read_space(Runner& runner, const std::string& root);

/// What destroying would free: a row for each dataset, with the number of snapshots and the bytes.
Result<Table> read_reclaimable(Runner& runner, const std::vector<Snapshot>& chosen);

}  // namespace kld::snap
