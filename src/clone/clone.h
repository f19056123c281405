// SPDX-License-Identifier: BSD-3-Clause
// A second one of a directory: a clone of its dataset in no time, or its blocks shared, or a copy.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "datasets/place.h"
#include "datasets/world.h"
#include "zfs/plan.h"
#include "zfs/properties.h"

namespace kld::clone {

struct Source {
    std::string path{};     ///< a directory without links; empty when a dataset that is not mounted was named
    std::string dataset{};  ///< cloned as a whole; empty: only a directory of one, or on another file system
};

/// What SRC stands for: a dataset's name, the place where one is mounted, or another directory.
/// Errors: nothing of that name; a snapshot, a volume, a file; a dataset whose key is not loaded.
Result<Source> find_source(const datasets::World& world, const std::string& name);

/// A snapshot of the dataset and a clone of it, mounted at the place: with the local properties of its source, and
/// named as datasets::home_of says. The snapshot carries org.kldload:reason=kclone.
/// @param inherited  zfs::local_properties() of the source
/// @param snapshots  names of the source's snapshots, with the dataset
Result<zfs::Plan> plan_clone(const datasets::World& world, const Source& source, const datasets::Place& place,
                             const zfs::Properties& inherited, const std::vector<std::string>& snapshots,
                             std::time_t now);

/// What decides whether blocks of one file can be another's, too.
struct Sharing {
    std::string feature{};  ///< feature@block_cloning of the pool: "active", "enabled", "disabled", "-"
    /// The module's parameter zfs_bclone_enabled; none: the module has no such parameter, and clones no blocks.
    std::optional<bool> switched_on{};
};

/// @param dataset  that the source lies on; empty: on none
Result<Sharing> read_sharing(Runner& runner, Files& files, const std::string& dataset);

/// Copies a directory with owners, modes, times, links and extended attributes; its blocks are shared with the source.
/// What was made is removed when it fails.
/// @param copy  also where blocks cannot be shared: they are then as many again
/// Refused, without `copy`: no block cloning here; the place lies on another dataset; something is mounted below the
/// source. Refused in any case: something is at the place, even an empty directory; the place is inside the source.
Result<zfs::Plan> plan_copy(const datasets::World& world, const Source& source, const datasets::Place& place,
                            const Sharing& sharing, bool copy);

}  // namespace kld::clone
