// SPDX-License-Identifier: BSD-3-Clause
#include "snap/back.h"

#include <fmt/core.h>

#include "base/text.h"
#include "be/trial.h"
#include "be/verify.h"
#include "snap/create.h"
#include "zfs/names.h"

namespace kld::snap {
namespace {

constexpr std::string_view kBack = "-back";

/// @returns true when it is on trial
Result<bool> check_and_activate(Runner& runner, Files& files, Events& events, const be::World& world, const Back& back,
                                bool unverified) {
    if (!unverified) {
        events.stage("look whether it would boot");
        KLD_TRY(const auto report, be::verify(runner, files, world, back.dataset));
        KLD_CHECK(be::expect_bootable(report, world.name_of(back.dataset)).map_error([](Error error) {
            return std::move(error).with_hint(
                "ksnap restore takes files out of the snapshot; --force-unverified goes ahead all the same");
        }));
    }
    const auto asked = be::why_no_trial(runner, files, be::with_environment(world, back.dataset), back.dataset);
    if (!asked && !unverified) return fail(asked.error());
    const auto why_not = asked ? *asked : asked.error().message;
    if (why_not.empty()) {
        events.stage("put it on trial");
        KLD_CHECK(be::start_trial(runner, files, world, back.dataset, be::kTries, false));
        return true;
    }
    events.note(why_not + ": it boots from now on without a trial");
    KLD_CHECK(zfs::apply(back.activate, runner, events));
    return false;
}

}  // namespace

Result<Back> plan_back(const be::World& world, const std::string& snapshot, const be::Properties& inherited) {
    const auto parts = zfs::split_snapshot(snapshot);
    // A kernel's command line ends at a blank; an older environment may have one.
    const auto name = zfs::stamped(
        replace_all(zfs::without_stamp(world.name_of(parts.dataset), kBack), " ", "-") + std::string(kBack), world.now,
        [&](const std::string& candidate) { return world.find(world.dataset_of(candidate)) != nullptr; });
    Back back{world.dataset_of(name), {}, {}};
    KLD_TRY(back.create, be::plan_create(world, name, snapshot, inherited, {{be::kReason, kKsnap}}));
    KLD_TRY(back.activate, be::plan_activate(be::with_environment(world, back.dataset), name));
    return back;
}

zfs::Plan whole(const Back& back) {
    auto plan = back.create;
    plan.warnings.insert(plan.warnings.end(), back.activate.warnings.begin(), back.activate.warnings.end());
    plan.steps.insert(plan.steps.end(), back.activate.steps.begin(), back.activate.steps.end());
    return plan;
}

Result<bool> go_back(Runner& runner, Files& files, Events& events, const be::World& world, const Back& back,
                     bool unverified) {
    // Two plans and a check are one piece of work, which ends once.
    PartEvents part(events);
    KLD_CHECK(zfs::apply(back.create, runner, part));
    auto done = check_and_activate(runner, files, part, world, back, unverified);
    if (done) {
        events.finish();
        return done;
    }
    auto error = std::move(done.error());
    // What apply() took back was the activation alone.
    std::erase(error.details, "nothing was changed");
    for (auto step = back.create.steps.rbegin(); step != back.create.steps.rend(); ++step)
        if (!step->undo.empty() && !runner.run({.argv = step->undo})) {
            error.details.push_back("could not be taken back: " + shell_line(step->undo));
            return fail(std::move(error));
        }
    error.details.emplace_back("the clone was destroyed again, and the next boot is the same as before");
    return fail(std::move(error));
}

}  // namespace kld::snap
