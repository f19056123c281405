// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/staged.h"

#include <fmt/core.h>

#include "base/stop.h"
#include "base/text.h"
#include "be/trial.h"
#include "upgrade/inside.h"
#include "zfs/names.h"

namespace kld::upgrade {
namespace {

struct Stage {
    packages::Record record{};
    std::string name{};  ///< of the clone
    zfs::Plan create{};
    packages::Packages before{};
};

/// What is known and what is made before anything is upgraded.
Result<Stage> make_clone(Host& host, const Prepared& prepared, const std::vector<std::string>& argv) {
    Stage stage;
    const auto now = std::time(nullptr);
    KLD_TRY(stage.before, packages::installed(*prepared.machine.manager, host.runner));
    auto snapshot = packages::take_snapshot(host.runner, prepared.machine.root, {"kupgrade", "upgrade"}, now);
    if (!snapshot) return fail(std::move(snapshot.error()).with_hint("kst --space shows what holds the pool"));
    const auto id = zfs::split_snapshot(*snapshot).snapshot;
    stage.name = prepared.base + "-" + id;
    stage.record = {.id = id,
                    .time = static_cast<std::uint64_t>(now),
                    .user = packages::who(),
                    .argv = argv,
                    .manager = prepared.machine.manager->name,
                    .snapshot = *snapshot,
                    .environment = prepared.world.dataset_of(stage.name)};
    const auto made = [&]() -> Status {
        KLD_CHECK(expect_going_on(host.stop));
        KLD_TRY(stage.create, plan_clone(prepared, stage.name, *snapshot));
        return zfs::apply(stage.create, host.runner, host.events);
    }();
    if (made) return stage;
    auto error = made.error();
    if (const auto gone = host.runner.run({.argv = {"zfs", "destroy", *snapshot}}); !gone)
        error.details.push_back("the snapshot stays: " + *snapshot);
    return fail(std::move(error));
}

/// The clone and its snapshot go. @returns what could not be taken away, as lines
std::vector<std::string> take_away(Host& host, Stage& stage) {
    const std::vector<std::vector<std::string>> commands{{"zfs", "destroy", stage.record.environment},
                                                         {"zfs", "destroy", stage.record.snapshot}};
    for (const auto& command : commands)
        if (const auto gone = host.runner.run({.argv = command}); !gone)
            return {"could not be taken away: " + stage.record.environment + " and " + stage.record.snapshot,
                    gone.error().message};
    stage.record.snapshot.clear();
    return {};
}

/// @returns true when it is on trial
Result<bool> boot_next(Host& host, const Prepared& prepared, const Stage& stage) {
    const auto& world = prepared.world;
    const auto then = be::with_environment(world, stage.record.environment);
    KLD_TRY(const auto why_not, be::why_no_trial(host.runner, host.files, then, stage.record.environment));
    if (why_not.empty()) {
        host.events.stage("put it on trial");
        KLD_CHECK(be::start_trial(host.runner, host.files, world, stage.record.environment, be::kTries, false));
        return true;
    }
    host.events.note(why_not + ": it boots from now on without a trial");
    KLD_TRY(const auto activate, be::plan_activate(then, stage.name));
    KLD_CHECK(zfs::apply(activate, host.runner, host.events));
    return false;
}

/// Everything between the clone and the next boot. @returns whether it is on trial; nothing when nothing was upgraded
Result<std::optional<bool>> upgrade_clone(Host& host, const Prepared& prepared, Stage& stage) {
    auto& record = stage.record;
    KLD_CHECK(expect_going_on(host.stop));
    KLD_TRY(const auto inside, upgrade_inside(host, prepared, record.environment, record.id, stage.before));
    record.exit_code = inside.exit_code;
    record.changes = packages::changes_between(stage.before, inside.after);
    if (inside.exit_code != 0)
        return fail(fmt::format("{} failed with exit code {}", prepared.family.manager, inside.exit_code));
    if (const auto half = packages::half_done(record.changes); !half.empty())
        return fail(fmt::format("the upgrade was interrupted, and these packages are half done: {}", join(half, ", ")));
    if (record.changes.empty()) return std::optional<bool>{};
    KLD_CHECK(expect_going_on(host.stop));
    host.events.stage("look whether the upgraded system would boot");
    KLD_TRY(const auto proof, host.prove_environment(prepared.world, record.environment));
    for (const auto& note : proof.noted) host.events.warning(note);
    for (const auto& change : record.changes)
        if (change.package == kMenuPackage)
            host.events.note(
                fmt::format("the EFI system partition gets the new boot files once {} is kept, with the "
                            "start after that",
                            stage.name));
    if (!proof.broken.empty()) return fail(Error{"the upgraded system would not boot", proof.broken});
    KLD_CHECK(expect_going_on(host.stop));
    KLD_TRY(const bool on_trial, boot_next(host, prepared, stage));
    return std::optional<bool>(on_trial);
}

}  // namespace

Result<zfs::Plan> plan_staged(const Host& host, const Prepared& prepared) {
    KLD_CHECK(expect_tried(prepared, "--staged"));
    const std::string id = "upgrade-TIME";
    const auto name = prepared.base + "-" + id, dataset = prepared.world.dataset_of(name);
    KLD_TRY(auto plan, plan_snapshot_and_clone(prepared, id));
    auto upgrade = command_of(host, prepared, prepared.family.upgrade, {}).argv;
    upgrade.insert(upgrade.begin(), {"chroot", "/run/kldload-upgrade.XXXXXX"});
    plan.steps.push_back({"upgrade all packages in it", std::move(upgrade)});
    KLD_TRY(auto activate, be::plan_activate(be::with_environment(prepared.world, dataset), name));
    if (const auto esp = be::esp_place(prepared.world.mounts); esp && be::expect_counting_menu(host.files, *esp))
        activate.steps = {{fmt::format("put it on trial: {} boots to prove itself", be::kTries),
                           {"kbe", "activate", "--trial", name}}};
    plan.steps.insert(plan.steps.end(), activate.steps.begin(), activate.steps.end());
    return plan;
}

Result<Outcome> upgrade_staged(Host& host, const Prepared& prepared, const std::vector<std::string>& argv) {
    KLD_CHECK(expect_tried(prepared, "--staged"));
    KLD_TRY(auto stage, make_clone(host, prepared, argv));
    Outcome outcome;
    // Should this process be killed, the log says what it left.
    stage.record.result = "begun";
    packages::write_down(stage.record, host.files, host.events);
    auto done = upgrade_clone(host, prepared, stage);
    if (done && *done) {
        outcome.on_trial = **done;
        outcome.environment = stage.name;
        stage.record.result = "done";
    } else {
        stage.record.result = done ? "nothing" : "failed";
        auto left = take_away(host, stage);
        if (!left.empty()) outcome.environment = stage.name;
        if (!done) {
            outcome.broken = std::move(done.error());
            outcome.broken->code = ExitCode::failed;
            left.emplace_back(left.empty() ? "the clone was destroyed again, and the next boot is the same as before"
                                           : "the next boot is the same as before");
            outcome.broken->details.insert(outcome.broken->details.end(), left.begin(), left.end());
        } else if (!left.empty()) {
            outcome.broken = Error{"nothing was upgraded, and what was made for it stays", left};
        }
    }
    outcome.record = stage.record;
    packages::write_down(outcome.record, host.files, host.events);
    return outcome;
}

}  // namespace kld::upgrade
