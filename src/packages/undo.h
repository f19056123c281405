// SPDX-License-Identifier: BSD-3-Clause
// Which transactions `kpkg undo` takes back.
#pragma once

#include <string>
#include <vector>

#include "packages/log.h"

namespace kld::packages {

/// What undo() is asked for.
struct UndoWish {
    std::string id{};           ///< empty: the last one that has a way back
    std::string environment{};  ///< that runs
    /// True when something else than what runs boots next. An undo never changes what runs: when nothing is on its way
    /// any more, because a trial ended or was taken back, what was marked "undone" in it is there still.
    bool pending = false;
};

/// A boot environment, or a snapshot of one with the transaction it was taken for.
struct Present {
    std::string name, transaction{};
};

/// A snapshot goes to another dataset when its own is renamed, or destroyed and something that was cloned from it
/// promoted. Records follow them, and with them those of an environment that is no more.
/// @param there  all datasets and snapshots of the container
void follow_snapshots(std::vector<Record>& log, const std::vector<Present>& there);

/// Oldest first: the chosen one, and all of the same environment that came after it and changed something. They all go.
/// Errors: no such transaction; one of another environment (exit 3), which are passed over without an ID; one without a
/// snapshot (exit 3).
Result<std::vector<Record>> transactions_to_undo(const std::vector<Record>& log, const UndoWish& wish);

}  // namespace kld::packages
