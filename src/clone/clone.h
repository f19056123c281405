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

/// True for a word that cannot name a dataset, only a directory: zfs(8) has names begin with a letter.
bool is_path(const std::string& word);

/// What the clone of a dataset is decided by.
struct Reading {
    std::string dataset{};  ///< the source
    datasets::World world{};
    zfs::Properties inherited{};  ///< zfs::local_properties() of the source
    std::string origin{};         ///< "tank/srv@clone-…": the snapshot to clone, under a name that was free
    bool taken = false;           ///< the snapshot is there
};

struct ReadingWish {
    std::string dataset{};             ///< the source
    std::vector<zfs::Mount> mounts{};  ///< as they are now
    std::string target{};              ///< absolute, without links
    std::time_t now = 0;
    /// Takes the snapshot at the same time, of a source that is mounted: it costs no time then, and changes nothing of
    /// the source.
    bool take = false;
};

/// All that plan_clone() has to know, asked for at once; where a few datasets decide, by one channel program that takes
/// the snapshot, too. Snapshots are listed only where the source is not mounted:
/// their directory is faster. An error takes the snapshot away again; a kill leaves it, as one between plan and end
/// does.
Result<Reading> read_for_clone(Runner& runner, Files& files, const ReadingWish& wish);

/// What takes the snapshot.
std::vector<std::string> snapshot_command(const std::string& origin);

/// Refuses what needs no reading: a place that is not free, is a part of the system, or lies in no directory.
Status expect_place(const std::vector<zfs::Mount>& mounts, const datasets::Place& place);

/// A snapshot of the dataset and a clone of it, mounted at the place: with the local properties of its source, and
/// named as datasets::home_of says. The snapshot carries org.kldload:reason=kclone.
/// Refused, among others: a source that is another dataset than the one that was read. A snapshot that was taken stays
/// then: it is for drop_snapshot() to take away.
Result<zfs::Plan> plan_clone(const Reading& reading, const Source& source, const datasets::Place& place);

/// Takes away a snapshot that read_for_clone() took and no plan wants. What cannot be taken away is told in the error.
Error drop_snapshot(Runner& runner, const Reading& reading, Error error);

/// What decides whether blocks of one file can be another's, too.
struct Sharing {
    std::string feature{};  ///< feature@block_cloning of the pool: "active", "enabled", "disabled", "-"
    /// The module's parameter zfs_bclone_enabled; none: the module has no such parameter, and clones no blocks.
    std::optional<bool> switched_on{};
};

/// @param dataset  that the source lies on; empty: on none
Result<Sharing> read_sharing(Runner& runner, Files& files, const std::string& dataset);

/// What is made beside a place before it gets its name: ".NAME.MARK.kclone-partial", with process_mark() of its maker.
std::string partial_name(const std::string& path, const std::string& mark);

/// Those that copies to this place left which were killed: their makers are gone.
std::vector<std::string> leftovers(Files& files, const std::string& path);

/// How plan_copy() is to work.
struct CopyWish {
    bool copy = false;                     ///< also where blocks cannot be shared: they are then as many again
    std::string mark{};                    ///< process_mark() of who copies
    std::vector<std::string> leftovers{};  ///< to take away first
};

/// Copies a directory with owners, modes, times, links and extended attributes; its blocks are shared with the source.
/// What was made is removed when it fails.
/// Refused, unless it is to copy: no block cloning here; the place lies on another dataset; something is mounted below
/// the source. Refused in any case: something is at the place, even an empty directory; the place is inside the source.
Result<zfs::Plan> plan_copy(const datasets::World& world, const Source& source, const datasets::Place& place,
                            const Sharing& sharing, const CopyWish& wish);

}  // namespace kld::clone
