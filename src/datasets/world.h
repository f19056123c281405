// SPDX-License-Identifier: BSD-3-Clause
// Datasets and mounts of a running system, and which dataset belongs to a path.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "boot/dataset.h"
#include "zfs/mounts.h"

namespace kld::datasets {

struct World {
    std::vector<boot::Dataset> datasets{};  ///< file systems and volumes of all pools, parents first
    std::vector<zfs::Mount> mounts{};

    const boot::Dataset* find(const std::string& name) const { return boot::find_dataset(datasets, name); }
    /// True for a boot environment and what lies below one.
    bool in_environment(const std::string& dataset) const;
};

Result<World> probe(Runner& runner, Files& files);

/// What probe() runs, for those who ask several things at once, and the world by its output and what is mounted.
Command probe_command();
Result<World> parse_world(std::string_view output, Files& files);

/// Names of what home_of() has to know when the path's parent is the mountpoint of a dataset of the running pool: that
/// dataset and the one that would be made. Nothing where it is not, and all has to be known.
std::vector<std::string> decisive_names(const std::vector<zfs::Mount>& mounts, const std::string& pool,
                                        const std::string& path);

/// What a mounted dataset that inherits its mountpoint tells of its parent: a file system whose mountpoint is the
/// directory above. Nothing when its mountpoint is its own.
std::optional<boot::Dataset> parent_by(const boot::Dataset& child);

/// True when a world of these alone is enough: the dataset lies where it says, and hands its mountpoint down.
bool is_decided(const World& world, const std::string& path);

/// Where a new dataset for a path goes.
struct Home {
    std::string dataset;
    /// The mountpoint to set on it; empty: what it inherits is the path already.
    std::string mountpoint{};
    const boot::Dataset* there = nullptr;  ///< of the world, when there is a dataset of that name already
};

/// A child of the dataset whose mountpoint is the path's parent: it needs no mountpoint of its own and moves with its
/// parent. Where there is none (the parent is a plain directory, or belongs to a boot environment, which has no
/// datasets below it) it lies under the nearest dataset above, or at the top of the pool, named by the rest of the path
/// with "_" for "/", and has its mountpoint set. Errors: a name that ZFS does not take.
Result<Home> home_of(const World& world, const std::string& pool, const std::string& path);

/// Refused: a name that is taken.
Status expect_new(const Home& home);

/// Refuses what must stay in a boot environment: /usr, /etc, /boot, the package database and what lies below them,
/// except /usr/local. A dataset there would stay behind when the environment goes back.
Status expect_outside_the_system(const std::string& path);

}  // namespace kld::datasets
