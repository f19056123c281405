// SPDX-License-Identifier: BSD-3-Clause
// ksnap restore: files and folders out of a snapshot.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "zfs/mounts.h"
#include "zfs/passing_mount.h"
#include "zfs/plan.h"

namespace kld::snap {

struct RestoreWish {
    std::string snapshot{};
    std::vector<std::string> paths{};  ///< absolute, as they are seen while the dataset is mounted; no links before the
                                       ///< last part
    std::string to{};                  ///< an absolute directory; empty: where they were
    bool overwrite = false;
};

/// The files of a snapshot, for as long as this lives.
struct Opened {
    std::string base;   ///< directory in which they lie
    std::string place;  ///< where the dataset is mounted, or would be by its mountpoint; empty: nowhere
    bool mounted = false;
    std::optional<zfs::PassingMount> mount{};  ///< set when .zfs could not be used
};

/// By .zfs/snapshot of the mounted dataset; by a read-only mount of the snapshot when the dataset is not mounted, is
/// covered by another mount, or .zfs cannot be read.
Result<Opened> open_snapshot(Runner& runner, Files& files, const std::vector<zfs::Mount>& mounts,
                             const std::string& snapshot);

/// One path, and what lies where it goes.
struct RestoreItem {
    std::string path;    ///< as it was asked for
    std::string source;  ///< in the snapshot
    std::string target;
    FileKind source_kind = FileKind::none, target_kind = FileKind::none, parent_kind = FileKind::none;
    std::string kept{};     ///< name for what lies there now
    std::string scratch{};  ///< a directory beside, on the same file system
};

struct RestoreWorld {
    std::vector<zfs::Mount> mounts;
    std::vector<RestoreItem> items;
};

/// Errors: a path outside the dataset; the whole of a dataset without --to; a dataset that is not mounted without --to.
Result<RestoreWorld> probe_restore(Files& files, const std::vector<zfs::Mount>& mounts, const Opened& opened,
                                   const RestoreWish& wish, std::time_t now);

/// First everything is copied into scratch directories, then it is put in place by renaming; a failure takes all of it
/// back. What lies there is refused, or kept as NAME.before-restore-TIME.
/// Errors: what is not in the snapshot; what is there already; a place that another dataset is mounted on.
Result<zfs::Plan> plan_restore(const RestoreWorld& world, const RestoreWish& wish);

}  // namespace kld::snap
