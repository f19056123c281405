// SPDX-License-Identifier: BSD-3-Clause
// What the menu does beside booting: snapshots, the default, pool status and log.
#include <fmt/core.h>

#include <mutex>
#include <thread>

#include "menu/deadline.h"
#include "menu/devices.h"
#include "menu/environment.h"
#include "menu/hibernation.h"
#include "menu/importer.h"
#include "menu/log.h"
#include "menu/menu.h"
#include "menu/reason.h"
#include "menu/writable_pool.h"

namespace kld::menu {
namespace {

// Longer than a look at all disks takes when one of them does not answer.
constexpr std::chrono::seconds kTurn{60};
constexpr const char* kNoTurn = "the search for disks has not come to an end; try again";

Result<PoolToChange> pool_of(const World& world, const Entry& entry) {
    for (const auto& pool : world.pools)
        if (pool.guid == entry.pool_guid) return PoolToChange{pool, boot::pool_of(entry.dataset), entry.hostid};
    return fail("no disk with a label of the pool " + boot::pool_of(entry.dataset) + " is known; S searches again");
}

}  // namespace

void Menu::work(std::string what, std::function<News()> task) {
    state_.working(std::move(what));
    std::thread([inbox = inbox_, task = std::move(task)] { inbox->put(task()); }).detach();
}

void Menu::list_snapshots(const Entry& entry) {
    work(fmt::format("Reading the snapshots of {} ...", entry.dataset), [environment = entry.dataset]() -> News {
        DeadlineRunner runner;
        auto found = menu::list_snapshots(runner, environment);
        if (!found) return Failed{"The snapshots cannot be listed:", Error{reason(found.error())}};
        return SnapshotsFound{environment, std::move(*found)};
    });
}

void Menu::show_pools() {
    work("Reading the status of all pools ...", []() -> News {
        Command status{{"zpool", "status", "-v"}};
        status.timeout = std::chrono::seconds(30);
        DeadlineRunner runner;
        const auto output = runner.run(status);
        if (!output) return Failed{"The pools do not tell their status:", Error{reason(output.error())}};
        return TextReady{Pager("zpool status", output->out.empty() ? "No pool is imported." : output->out)};
    });
}

void Menu::show_log(bool kernel_too) {
    const auto log = kernel_log();
    if (!log) return state_.notice(log.error().message);
    if (kernel_too)
        state_.show_text(Pager("The kernel's log", *log, true), ActionKind::log);
    else
        state_.show_text(Pager("The menu's log", own_lines(*log), true), ActionKind::kernel_log);
}

void Menu::change(const Entry& entry, std::string what, std::string failure,
                  std::function<Result<Changed>(Runner&, const WhileWritable&)> change) {
    auto target = pool_of(state_.world(), entry);
    if (!target) return state_.show_message({failure, "", target.error().message});
    state_.working(std::move(what));
    std::thread([this, target = std::move(*target), failure = std::move(failure), change = std::move(change)] {
        const std::unique_lock turn(discovery_.pools_mutex(), kTurn);
        if (!turn.owns_lock()) return inbox_->put(Failed{failure, Error{kNoTurn}});
        DeadlineRunner runner;
        RealFiles files;
        const auto adopt = [&](std::uint32_t hostid) { return adopt_hostid(files, hostid); };
        auto changed = change(runner, [&](const std::function<Status()>& steps) -> Status {
            KLD_CHECK(check_nobody_hibernates(device_paths()));
            return change_pool(runner, adopt, target, steps);
        });
        // News before the next look: what that finds must not come first.
        if (changed)
            inbox_->put(std::move(*changed));
        else
            inbox_->put(Failed{failure, std::move(changed.error())});
        discovery_.rescan();
    }).detach();
}

void Menu::clone(const Action& action) {
    const auto& entry = state_.world().entries[action.entry];
    const CloneWish wish{entry.dataset, action.snapshot, action.make_default};
    change(entry, fmt::format("Making a boot environment of {}@{} ...", wish.environment, wish.snapshot),
           "No boot environment was made:", [wish](Runner& runner, const WhileWritable& writable) -> Result<Changed> {
               const Inspect inspect = [](const std::string& snapshot) {
                   return inspect_environment(snapshot, "/run/kldload/snapshot");
               };
               KLD_TRY(auto made, make_clone(runner, inspect, writable, wish));
               return Changed{std::move(made)};
           });
}

void Menu::set_default(const Entry& entry) {
    change(entry, fmt::format("Making {} the default ...", entry.dataset), "The default was not changed:",
           [environment = entry.dataset](Runner& runner, const WhileWritable& writable) -> Result<Changed> {
               KLD_CHECK(menu::set_default(runner, writable, environment));
               return Changed{{}, environment + " is the default now."};
           });
}

void Menu::unlock(const Entry& entry, Secret passphrase) {
    state_.working(fmt::format("Loading the key of {} ...", entry.encryption_root));
    std::thread([this, root = entry.encryption_root, passphrase = std::move(passphrase)] {
        const std::unique_lock turn(discovery_.pools_mutex(), kTurn);
        if (!turn.owns_lock()) return inbox_->put(KeyRefused{kNoTurn});
        DeadlineRunner runner;
        const auto loaded = keyring_->unlock(runner, root, passphrase);
        if (!loaded) return inbox_->put(KeyRefused{loaded.error().message});
        inbox_->put(Unlocked{});
        discovery_.rescan();
    }).detach();
}

Status Menu::load_keymap(const boot::Keymap& keymap) const {
    for (const auto& terminal : terminals_)
        if (terminal.path() == kScreen) return set_keymap(terminal.fd(), keymap);
    return fail("this machine has no screen and keyboard of its own");
}

void Menu::keymap_set(const Status& done) {
    state_.keymap(keyboard_.current());
    if (!done) state_.notice(done.error().message);
}

}  // namespace kld::menu
