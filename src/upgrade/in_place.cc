// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/in_place.h"

#include <fmt/core.h>

#include "base/text.h"
#include "be/trial.h"
#include "zfs/names.h"

namespace kld::upgrade {
namespace {

/// What has been made so far, and what takes it away again.
struct Way {
    packages::Begun begun{};
    std::string name{};  ///< of the environment to return to
    zfs::Plan create{};
    zfs::Plan activate{};  ///< of that one; empty with --stay, and when an earlier one boots next already
    std::string back{};    ///< name of what boots next until the upgrade is proven
};

Status put_on_trial(Host& host, const Prepared& prepared) {
    return be::start_trial(host.runner, host.files, prepared.world, prepared.machine.root, be::kTries, false);
}

/// Whether something was changed that starts the system: a kernel, an initramfs with its modules and ZFS. What cannot
/// be compared was.
bool boots_otherwise(Host& host, const Way& way) {
    const auto before = "/.zfs/snapshot/" + zfs::split_snapshot(way.begun.record.snapshot).snapshot + "/boot";
    const auto compared = host.runner.run(
        {.argv = {"diff", "--recursive", "--brief", "--no-dereference", "--exclude=efi", before, "/boot"},
         .timeout = std::chrono::minutes(10)});
    return !compared;
}

Status run_backwards(Host& host, const zfs::Plan& plan) {
    for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step)
        if (!step->undo.empty()) KLD_CHECK(host.runner.run({.argv = step->undo}));
    return {};
}

/// What boots next is what it was before.
Status put_back(Host& host, const Prepared& prepared, const Way& way) {
    return prepared.untried ? put_on_trial(host, prepared) : run_backwards(host, way.activate);
}

/// Nothing was upgraded: the record ends, and the snapshot goes. @returns what came of the record
packages::Record end_without_change(Host& host, const Prepared& prepared, Way& way) {
    auto record = way.begun.record;
    if (auto ended = packages::finish(prepared.machine, host.runner, host.files, host.events, std::move(way.begun), 0))
        return *ended;
    return record;
}

Result<Way> make_way(Host& host, const Prepared& prepared, const std::vector<std::string>& argv, bool stay) {
    Way way;
    auto begun = packages::begin(prepared.machine, host.runner, host.files, host.events, argv, false,
                                 {"kupgrade", "pre-upgrade"});
    if (!begun) return fail(std::move(begun.error()).with_hint("kst --space shows what holds the pool"));
    way.begun = std::move(*begun);
    way.name = prepared.base + "-" + way.begun.record.id;
    way.back = prepared.untried ? prepared.world.name_of(prepared.world.next) : way.name;
    const auto made = [&]() -> Status {
        KLD_TRY(way.create, plan_clone(prepared, way.name, way.begun.record.snapshot));
        if (!stay && !prepared.untried) {
            const auto then = be::with_environment(prepared.world, prepared.world.dataset_of(way.name));
            KLD_TRY(way.activate, be::plan_activate(then, way.name));
        }
        auto whole = way.create;
        whole.steps.insert(whole.steps.end(), way.activate.steps.begin(), way.activate.steps.end());
        KLD_CHECK(zfs::apply(whole, host.runner, host.events));
        if (!prepared.untried) return {};
        // A power cut in the middle must not start what is half upgraded.
        auto ended = be::end_trial(host.runner, host.files, prepared.world);
        if (ended) return {};
        if (const auto gone = run_backwards(host, way.create); !gone)
            ended.error().details.push_back(fmt::format("stays: {}", way.name));
        return fail(std::move(ended.error()));
    }();
    if (made) return way;
    auto error = made.error();
    error.details.emplace_back("the package manager was not started");
    [[maybe_unused]] const auto record = end_without_change(host, prepared, way);
    return fail(std::move(error));
}

/// What boots next, and how to go on from there.
void add_end(Error& error, const Prepared& prepared, const Way& way, bool stay) {
    const auto running = prepared.world.name_of(prepared.machine.root);
    if (stay) {
        error.details.push_back(fmt::format("{} boots next all the same (--stay)", running));
        error.hint = fmt::format("kbe activate {} goes back to before the upgrade", shell_quote(way.name));
        return;
    }
    error.details.push_back(
        fmt::format("the next boot is put back: {} boots, as {} was before the upgrade", way.back, running));
    error.hint = fmt::format("restart the machine to go back; once it is mended, kbe activate {} keeps the upgrade",
                             shell_quote(running));
}

bool nothing_changed(Host& host, const Prepared& prepared, const Way& way) {
    const auto after = packages::installed(*prepared.machine.manager, host.runner);
    return after && packages::changes_between(way.begun.before, *after).empty();
}

/// A check that could not be made is one that failed.
Proof prove(Host& host, const Prepared& prepared) {
    host.events.stage("look whether the upgraded system would boot");
    auto proof = host.prove_running(prepared.world, prepared.machine.root);
    if (!proof) return {{"it could not be checked: " + proof.error().message}, {}, {}};
    for (const auto& note : proof->noted) host.events.warning(note);
    return *proof;
}

/// Succeeded without a change of a package: all that was made goes again.
Outcome drop_all(Host& host, const Prepared& prepared, Way& way) {
    Outcome outcome;
    auto undone = put_back(host, prepared, way);
    if (undone) undone = run_backwards(host, way.create);
    if (!undone) {
        outcome.broken = std::move(undone.error())
                             .within("no package was changed, but the way back could not be taken away again")
                             .with_hint(fmt::format("kbe list shows what boots next; kbe destroy {} is the rest",
                                                    shell_quote(way.name)));
        outcome.environment = way.name;
    }
    outcome.record = end_without_change(host, prepared, way);
    return outcome;
}

/// The upgraded system is whole: it boots from now on, and has to prove itself first where what starts it was changed.
Status keep(Host& host, const Prepared& prepared, const Way& way, bool stay, Outcome& outcome) {
    if (stay) return {};
    outcome.back = way.back;
    if (!prepared.untried) {
        if (!boots_otherwise(host, way)) return run_backwards(host, way.activate);
        const auto why_not = be::why_no_trial(host.runner, host.files, prepared.world, prepared.machine.root);
        if (!why_not || !why_not->empty()) {
            host.events.note((why_not ? *why_not : why_not.error().message) + ": it boots from now on without a trial");
            return run_backwards(host, way.activate);
        }
    }
    host.events.stage("put it on trial");
    auto tried = put_on_trial(host, prepared);
    outcome.on_trial = tried.has_value();
    if (tried || prepared.untried) return tried;
    host.events.warning(tried.error().message + ": it boots from now on without a trial");
    return run_backwards(host, way.activate);
}

}  // namespace

Result<zfs::Plan> plan_in_place(const Host& host, const Prepared& prepared, bool stay) {
    const std::string id = "pre-upgrade-TIME";
    const auto& root = prepared.machine.root;
    const auto name = prepared.base + "-" + id, dataset = prepared.world.dataset_of(name);
    if (stay) KLD_CHECK(expect_tried(prepared, "--stay"));
    KLD_TRY(auto plan, plan_snapshot_and_clone(prepared, id));
    zfs::Plan activate;
    if (!stay && !prepared.untried) {
        KLD_TRY(activate, be::plan_activate(be::with_environment(prepared.world, dataset), name));
        plan.steps.insert(plan.steps.end(), activate.steps.begin(), activate.steps.end());
    }
    plan.steps.push_back({"upgrade all packages", command_of(host, prepared, prepared.family.upgrade, {}).argv});
    for (const auto& step : activate.steps)
        plan.steps.push_back({fmt::format("boot {} again, once it is proven that it boots", root), step.undo});
    return plan;
}

Result<Outcome> upgrade_in_place(Host& host, const Prepared& prepared, const std::vector<std::string>& argv,
                                 bool stay) {
    if (stay) KLD_CHECK(expect_tried(prepared, "--stay"));
    KLD_TRY(auto way, make_way(host, prepared, argv, stay));
    const auto command = command_of(host, prepared, prepared.family.upgrade, way.begun.record.id);
    host.events.stage("upgrade all packages");
    auto code = host.foreground(command);
    if (!code) host.events.warning(code.error().message);
    const int exit_code = code ? *code : 127;
    const bool unchanged = nothing_changed(host, prepared, way);
    if (exit_code == 0 && unchanged) return drop_all(host, prepared, way);

    Outcome outcome;
    outcome.environment = way.name;
    KLD_TRY(outcome.record, packages::finish(prepared.machine, host.runner, host.files, host.events,
                                             packages::Begun(way.begun), exit_code));
    const auto proof = prove(host, prepared);
    if (exit_code != 0) {
        outcome.broken =
            Error{fmt::format("{} failed with exit code {}", shell_line(command.argv), exit_code), proof.broken};
        // The manager may have been refused before it began (a kernel that dkms cannot compile for).
        if (unchanged && proof.broken.empty() && put_back(host, prepared, way)) {
            outcome.broken->details.emplace_back("no package was changed, and the system boots as before");
            outcome.broken->details.push_back(fmt::format("what was made for it stays: the environment {}", way.name));
            outcome.broken->hint =
                fmt::format("kbe destroy -o {} takes it away, kupgrade tries again", shell_quote(way.name));
            outcome.default_kernel = proof.default_kernel;
            return outcome;
        }
        add_end(*outcome.broken, prepared, way, stay);
        return outcome;
    }
    const auto half = packages::half_done(outcome.record.changes);
    if (proof.broken.empty() && half.empty()) {
        const auto kept = keep(host, prepared, way, stay, outcome);
        outcome.default_kernel = proof.default_kernel;
        if (kept) return outcome;
        outcome.broken = kept.error();
        outcome.broken->message = "the upgraded system is whole, and is not what boots next: " + kept.error().message;
    } else if (!half.empty()) {
        outcome.broken =
            Error{"the upgrade was interrupted, and these packages are half done: " + join(half, ", "), proof.broken};
    } else {
        outcome.broken = Error{"the upgraded system would not boot", proof.broken};
    }
    outcome.record.result = "failed";
    packages::write_down(outcome.record, host.files, host.events);
    add_end(*outcome.broken, prepared, way, stay);
    return outcome;
}

}  // namespace kld::upgrade
