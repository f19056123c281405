// SPDX-License-Identifier: BSD-3-Clause
// The snapshots that there are, and which of them a person means.
#pragma once

#include <string>
#include <vector>

#include "be/world.h"
#include "zfs/mounts.h"

namespace kld::snap {

using be::Snapshot;

enum class Depth { own, below };  ///< snapshots of one dataset, or also of all datasets below it

/// One `zfs get`, oldest first. `zfs list` would be shorter, and cannot say where a property comes from: a snapshot
/// inherits org.kldload:reason of its dataset, and only one that carries it itself is ours.
/// @param root       dataset or pool; empty: all pools
/// @param bookmarks  also those, with their '#' in the name
Result<std::vector<Snapshot>> read_snapshots(Runner& runner, const std::string& root, Depth depth,
                                             bool bookmarks = false);

/// By creation, oldest first: several reads as one list.
std::vector<Snapshot> in_order(std::vector<Snapshot> snapshots);

/// What a person called a dataset: its name, or an absolute path below the place where it is mounted.
Result<std::string> dataset_named(const std::vector<zfs::Mount>& mounts, const std::string& word);

/// The same for a word where a snapshot is of no use: "/home@before" is refused, unless something of that name is
/// there.
Result<std::string> dataset_asked_for(Files& files, const std::vector<zfs::Mount>& mounts, const std::string& word);

/// "rpool/home@a" in its parts; also "/home@a". What stands behind the @ may be a list for select().
struct Spec {
    std::string dataset;
    std::string snapshots;  ///< "a", "a%c", "%c", "a%", "auto-*", "a,b%d"
};
Result<Spec> parse_spec(const std::vector<zfs::Mount>& mounts, const std::string& word);

/// The one snapshot that the word names, "rpool/home@a", without looking whether it is there.
Result<std::string> snapshot_named(const std::vector<zfs::Mount>& mounts, const std::string& word);

/// The snapshots of `all` that are meant, oldest first, each once. A range goes by age and has both its ends.
/// Errors: a name or a pattern that nothing has; a range that ends before it begins.
Result<std::vector<Snapshot>> select(const std::vector<Snapshot>& all, const std::vector<Spec>& specs);

}  // namespace kld::snap
