// SPDX-License-Identifier: BSD-3-Clause
// ksnap rollback in place: a dataset that is no root becomes what it was.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "snap/diff.h"
#include "snap/snapshots.h"
#include "zfs/plan.h"

namespace kld::snap {

/// What a rollback must know of the dataset that a snapshot is of.
struct Target {
    std::string snapshot;
    std::string dataset;
    bool root = false;    ///< a boot environment, what / lies on, or what boots next: never rolled back in place
    bool volume = false;  ///< no files to compare
    bool mounted = false;
    std::uint64_t written = 0;      ///< bytes written since the snapshot
    std::vector<Snapshot> later{};  ///< newer snapshots and bookmarks, oldest first
};

/// Errors: no such snapshot.
Result<Target> probe_target(Runner& runner, Files& files, const std::string& snapshot);

struct Changes {
    std::vector<Change> list{};
    std::string unknown{};  ///< why they cannot be told; empty: they are told
};

/// What has changed since the snapshot. It cannot be told of volumes and of what is not mounted, nor on a full pool,
/// where zfs(8) cannot make the snapshot that it compares with; going back must not depend on it.
Changes changes_since(Runner& runner, const Target& target);

/// For people: what was written since, newer snapshots first.
std::string losses(const Target& target, const Changes& changes);

/// @param recursive  also destroys newer snapshots and bookmarks
/// Refused: a root; newer snapshots unless `recursive`; one of them that is held or that something was cloned from.
Result<zfs::Plan> plan_rollback(const Target& target, bool recursive);

}  // namespace kld::snap
