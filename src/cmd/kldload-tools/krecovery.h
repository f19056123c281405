// SPDX-License-Identifier: BSD-3-Clause
// What the verbs of krecovery share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "be/world.h"
#include "recovery/disks.h"
#include "recovery/import.h"
#include "recovery/target.h"
#include "tools.h"

namespace kld::cmd {

struct RecoveryOptions {
    ChangeOptions change{};
    ListOutput output{};
    std::string environment{}, from{}, device{}, label{};
    std::vector<std::string> command{};
    bool snapshots = false, unverified = false, format = false;
    recovery::ImportWish wish{};
};
using RecoveryOptionsPtr = std::shared_ptr<RecoveryOptions>;

/// The pool that is being recovered, with its boot environments.
struct Recovery {
    std::optional<Lock> lock{};
    recovery::ImportedPool pool;
    be::World world{};

    /// The one that is named, or the one that boots next.
    Result<std::string> environment(const std::string& name) const;
};

/// Looks for root, a ZFS that can be worked with, and the pool. A change takes its lock.
/// @param snapshots  asks for those, too
Result<Recovery> begin_recovery(ToolContext& context, const RecoveryOptions& options, bool snapshots);

/// Where the pool lies, and the EFI system partitions beside it.
Result<std::vector<recovery::EspPartition>> partitions_of(ToolContext& context, const Recovery& recovery);

/// --dry-run, --json and --pool, which may be a GUID.
void add_recovery_change(CLI::App& verb, RecoveryOptions& options);
void add_recovery_pool(CLI::App& verb, RecoveryOptions& options);

void add_recovery_chroot(CLI::App& app, ToolContext& context);
void add_recovery_esp(CLI::App& app, ToolContext& context);
void add_recovery_firmware(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
