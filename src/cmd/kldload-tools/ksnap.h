// SPDX-License-Identifier: BSD-3-Clause
// What the verbs of ksnap share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "snap/rollback.h"
#include "snap/snapshots.h"
#include "tools.h"

namespace kld::cmd {

using SnapMounts = std::vector<zfs::Mount>;

/// A dataset, or a path as the kernel knows it: absolute, without links. Behind an @ everything stays as it is.
Result<std::string> snap_word(Files& files, const std::string& word);

/// The path of something that may be gone: links are followed in its directory alone.
std::string snap_path(const std::string& word);

/// The world of a change: the pools of what is named are locked against others from now on.
struct SnapChange {
    std::vector<Lock> locks{};
    SnapMounts mounts{};
    std::vector<snap::Spec> specs{};
};
using SnapResolver = std::function<Result<std::vector<snap::Spec>>(const SnapMounts&)>;
/// @param lock  how: lock_pool, or wait_for_pool for what nobody would repeat
Result<SnapChange> snap_begin(ToolContext& context, const ChangeOptions& options, const SnapResolver& resolve,
                              Result<Lock> (*lock)(const ToolContext&, const std::string& pool) = lock_pool);

/// Words that name snapshots, with ranges and patterns.
SnapResolver snap_specs(ToolContext& context, const std::vector<std::string>& words);

/// A word that names one snapshot.
SnapResolver snap_one(ToolContext& context, const std::string& word);

/// The snapshots that are meant. One question for each dataset.
Result<std::vector<snap::Snapshot>> snap_select(ToolContext& context, const std::vector<snap::Spec>& specs);

/// A root goes back: says what is left behind, makes the clone that boots next, and restarts the machine when `now`.
/// The pool must be locked.
Status snap_roll_root(ToolContext& context, const ChangeOptions& options, const snap::Target& target, bool now,
                      bool unverified);

void add_snap_changes(CLI::App& app, ToolContext& context);  ///< create, destroy, hold, release, prune
void add_snap_restore(CLI::App& app, ToolContext& context);
void add_snap_rollback(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
