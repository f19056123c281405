// SPDX-License-Identifier: BSD-3-Clause
// What is known before an upgrade touches anything, and the guards that are asked then.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "be/changes.h"
#include "be/world.h"
#include "packages/transaction.h"
#include "upgrade/family.h"
#include "upgrade/proof.h"

namespace kld::upgrade {

/// What an upgrade is done with. Beside the three seams: programs on the terminal, mounts of this process's own, and
/// the two checks.
struct Host {
    Runner& runner;
    Files& files;
    Events& events;
    std::function<Result<int>(const Foreground&)> foreground;
    std::function<Status()> own_mounts;
    std::function<Result<Proof>(const be::World&, const std::string& root)> prove_running;
    std::function<Result<Proof>(const be::World&, const std::string& dataset)> prove_environment;
    bool can_answer = true;  ///< somebody is there to answer a question about a configuration file
    bool json = false;       ///< stdout is for our record
    /// Once true, what can still be taken back is: the manager is not stopped in its work.
    const std::atomic<bool>* stop = nullptr;
};

/// The real ones.
Host real_host(Runner& runner, Files& files, Events& events);

/// Less than this, and an upgrade is not begun: a kernel with its initramfs, twice, and what else comes with it.
inline constexpr std::uint64_t kLeastFree = 512ULL << 20;

struct Prepared {
    packages::Machine machine{};
    be::World world{};
    Family family{};
    Simulation simulation{};  ///< without what is held
    std::vector<Hold> holds{};
    be::Properties inherited{};  ///< what a clone of the root is told
    std::string base{};          ///< name of the environment, without what earlier upgrades added to it
    /// An earlier upgrade in place waits for the start in which it has to prove itself, and `world.next` is from
    /// before.
    bool untried = false;
};

/// Reads the machine, and simulates the upgrade until every kernel that is left in it has its module.
/// @param refresh  fetches the lists of packages first
/// Errors, each before anything is changed: no way back from a change of packages; another environment boots next, or
/// one is on trial (but for an upgrade in place that nobody has started yet); no space; the system would not boot as it
/// is; the upgrade would remove ZFS; a manager that does not simulate.
Result<Prepared> prepare(Host& host, bool refresh);

/// Refuses (exit 3) what an earlier upgrade in place that waits for its start does not go with: `option`.
Status expect_tried(const Prepared& prepared, const std::string& option);

/// Writes apt's preferences for the run below `tree` ("" for the running system), when something is held.
Status write_holds(Host& host, const Prepared& prepared, const std::string& tree);

/// Takes apt's preferences of the running system away when it goes.
class PassingHolds {
public:
    explicit PassingHolds(Host& host) : host_(host) {}
    PassingHolds(const PassingHolds&) = delete;
    PassingHolds& operator=(const PassingHolds&) = delete;
    ~PassingHolds();

private:
    Host& host_;
};

/// The manager's command on the terminal: without what is held, with the variable that keeps our hooks out of it.
Foreground command_of(const Host& host, const Prepared& prepared, const std::vector<std::string>& command,
                      const std::string& transaction);

/// Fetches the packages, so that a broken network is met before anything was changed.
Status fetch(Host& host, const Prepared& prepared);

/// A clone of `snapshot` as a boot environment of that name, which nothing boots yet.
Result<zfs::Plan> plan_clone(const Prepared& prepared, const std::string& name, const std::string& snapshot);

/// The same with the snapshot before it, as --dry-run shows them: both are called `id`.
Result<zfs::Plan> plan_snapshot_and_clone(const Prepared& prepared, const std::string& id);

}  // namespace kld::upgrade
