// SPDX-License-Identifier: BSD-3-Clause
// A change of packages that can be taken back: snapshot of the root, the native manager, a record.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/runner.h"
#include "packages/log.h"
#include "packages/manager.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::packages {

struct Machine {
    const Manager* manager = nullptr;
    std::string root;         ///< dataset on /
    std::string log_dataset;  ///< that /var/log lies on; the same as root: records go with the environment
};

/// Errors, each a refusal (exit 3): / is no dataset; the package database lies on another dataset than /, so that a
/// snapshot would not hold both.
/// @param unprotected  none of that matters: the root may stay empty
Result<Machine> probe_machine(Runner& runner, Files& files, bool unprotected);

/// The same for those who call the manager themselves, and cannot say that they want no snapshot: there hooks would
/// refuse each run, and are not switched on.
Result<Machine> probe_for_hooks(Runner& runner, Files& files);

/// What is installed now.
Result<Packages> installed(const Manager& manager, Runner& runner);

/// Which person this is about, by what sudo and doas leave behind.
std::string who();

/// Set on a snapshot: the transaction that it was taken for.
inline constexpr const char* kTransaction = "org.kldload:transaction";

/// Whose transaction it is.
struct Purpose {
    std::string reason = "kpkg";  ///< org.kldload:reason of the snapshot
    std::string prefix = "kpkg";  ///< of its name and of the transaction's
};

/// A snapshot of the root, named after the purpose and the moment: "rpool/ROOT/default@kpkg-20261127-035700", with the
/// properties org.kldload:reason and org.kldload:transaction. @returns its name
Result<std::string> take_snapshot(Runner& runner, const std::string& root, const Purpose& purpose, std::time_t now);

/// The snapshot and the manager's command behind it, to be shown. A name that is taken at this moment is not looked
/// for.
/// @param unprotected  without the snapshot
zfs::Plan plan_transaction(const Machine& machine, const std::vector<std::string>& native, bool unprotected,
                           std::time_t now);

/// What is known before the manager starts.
struct Begun {
    Record record;
    Packages before;
};

/// A log that cannot be written is no reason to leave a machine without a security update, and a warning: the snapshot
/// itself says what it is for.
void write_down(const Record& record, Files& files, Events& events);

/// Nothing came of the transaction: its snapshot goes, or a warning says that it stays.
void drop_snapshot(Record& record, Runner& runner, Events& events);

/// Snapshot first, when that fails nothing was started; then a record that it has begun, which stays as it is should
/// this process be killed while the manager works.
/// @param argv  what the person said
/// @param unprotected  --force-no-snapshot: without a way back
Result<Begun> begin(const Machine& machine, Runner& runner, Files& files, Events& events,
                    const std::vector<std::string>& argv, bool unprotected, const Purpose& purpose = {});

/// Writes the record's end and drops a snapshot that nothing came after.
/// @param exit_code  of the manager
Result<Record> finish(const Machine& machine, Runner& runner, Files& files, Events& events, Begun begun, int exit_code);

}  // namespace kld::packages
