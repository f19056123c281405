// SPDX-License-Identifier: BSD-3-Clause
// The boot environments of a running system.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "boot/dataset.h"
#include "boot/trial.h"
#include "zfs/mounts.h"

namespace kld::be {

struct Snapshot {
    std::string name;                      ///< with its dataset
    std::uint64_t created = 0, order = 0;  ///< seconds; createtxg, by which snapshots of one second are told apart
    std::uint64_t used = 0, referenced = 0;
    std::uint64_t holds = 0;
    std::vector<std::string> clones{};
    /// org.kldload:reason, when it is set on the snapshot itself and not inherited: why kldload made it. probe() does
    /// not ask.
    std::string reason{};
};

struct World {
    std::string pool;
    std::string container;                  ///< "rpool/ROOT"
    std::string running;                    ///< dataset that is mounted on /, empty in a rescue system
    std::string next;                       ///< bootfs, empty when it is not set
    std::vector<boot::Dataset> datasets{};  ///< below the container, parents first
    std::vector<Snapshot> snapshots{};      ///< of those
    std::vector<zfs::Mount> mounts{};
    std::optional<boot::Trial> trial{};  ///< as the EFI system partition has it
    std::time_t now = 0;
    std::string altroot{};  ///< where the pool was imported; mount points are without it

    const boot::Dataset* find(const std::string& dataset) const { return boot::find_dataset(datasets, dataset); }
    const Snapshot* find_snapshot(const std::string& name) const;
    /// "default" → "rpool/ROOT/default"; a whole dataset's name stays as it is.
    std::string dataset_of(const std::string& name) const;
    /// "rpool/ROOT/default" → "default"
    std::string name_of(const std::string& dataset) const;
    /// True when the menu is to boot it as long as it has tries left, or it runs on its last one.
    bool on_trial(const std::string& dataset) const {
        return trial && trial->dataset == dataset && (trial->left > 0 || (dataset == running && !trial->once));
    }
    /// The boot environment of that name, or an error that lists those which there are.
    Result<const boot::Dataset*> environment(const std::string& name) const;
    /// Datasets below this one.
    std::vector<std::string> children(const std::string& dataset) const;
};

/// What is asked of each dataset.
extern const std::vector<std::string> kProperties;

/// The pool, what runs and what boots next, and where boot environments lie or would lie: without a dataset or
/// snapshot. A pool of data alone has them, too. @param pool  as of probe()
Result<World> look_at_pool(Runner& runner, Files& files, const std::string& pool);

/// @param pool            empty: the one that / lies on, or the only one that is imported
/// @param with_snapshots  there may be thousands, and not everybody wants to know
Result<World> probe(Runner& runner, Files& files, const std::string& pool, bool with_snapshots);

/// The same with snapshots for who changes something, so that no trial is missed: who checks the EFI system partition
/// is waited for, and one that is in /etc/fstab and not mounted is mounted. Where that fails, none is known.
Result<World> probe_for_change(Runner& runner, Files& files, const std::string& pool);

}  // namespace kld::be
