// SPDX-License-Identifier: BSD-3-Clause
// What each change to boot environments does, step by step: pure functions of the world.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "be/world.h"
#include "zfs/plan.h"
#include "zfs/properties.h"

namespace kld::be {

using zfs::kReason;
using zfs::Properties;

/// What a source is: a boot environment, or a snapshot of one. Empty: the running one.
Result<std::string> source_dataset(const World& world, const std::string& source);

/// A new boot environment out of `source` ("default", "default@before", empty: the running one): a clone with every
/// local property of it, mountpoint / and canmount noauto set on itself. A snapshot is made first when none is named.
/// @param inherited  zfs::local_properties() of the source's dataset
/// @param own        overrides, as given by a person: "compression" = "zstd"
/// Errors: a name that is taken or that ZFS does not take; a source with datasets below it.
Result<zfs::Plan> plan_create(const World& world, const std::string& name, const std::string& source,
                              const Properties& inherited, const Properties& own);

/// A snapshot of a boot environment: "default@before".
Result<zfs::Plan> plan_snapshot(const World& world, const std::string& name);

/// Makes it the one that boots next, from then on. Whether it can boot is looked at before (verify.h).
Result<zfs::Plan> plan_activate(const World& world, const std::string& name);

struct DestroyWish {
    bool force = false;   ///< unmounts it
    bool origin = false;  ///< also the snapshot that it was cloned from, when nothing else needs it
};

/// Takes away a boot environment with its snapshots, or one snapshot ("default@before"). What was cloned from it is
/// promoted first, so nothing else is lost. Refused: the running one, the next one, one with datasets below it, a held
/// snapshot.
Result<zfs::Plan> plan_destroy(const World& world, const std::string& name, const DestroyWish& wish);

/// Another name; also for the running one, whose mount stays.
Result<zfs::Plan> plan_rename(const World& world, const std::string& from, const std::string& to);

/// A stream of an environment on stdout: from a snapshot, which goes again when it was sent (its step's `undo`).
struct Export {
    zfs::Step snapshot;
    std::vector<std::string> send;
    std::vector<std::string> warnings{};
};
struct ExportWish {
    /// An encrypted one is sent readable, without its properties: zfs(8) sends them of raw ones alone.
    bool plain = false;
    bool raw = false;  ///< an encrypted one stays so, with the same key
};
/// Refused: an encrypted one without `plain` or `raw`.
Result<Export> plan_export(const World& world, const std::string& name, const ExportWish& wish = {});

/// The whole of it, to be shown.
zfs::Plan whole(const Export& made);

/// `zfs receive` of such a stream from stdin as a new boot environment, not mounted.
Result<zfs::Step> plan_import(const World& world, const std::string& name);

/// Where `mount` puts it when nothing else is said.
std::string default_place(const World& world, const boot::Dataset& environment);

/// Mounts it without changing its properties: a crash leaves nothing behind.
/// @param place  a directory; empty: default_place()
/// @param there  the place exists; else it is made, with its parents
Result<zfs::Plan> plan_mount(const World& world, const std::string& name, const std::string& place, bool readonly,
                             bool there);

Result<zfs::Plan> plan_unmount(const World& world, const std::string& name, bool force);

/// The world once such a clone is there, as plan_create() makes it.
World with_environment(World world, const std::string& dataset);

}  // namespace kld::be
