// SPDX-License-Identifier: BSD-3-Clause
// kbe activate and commit: what boots next, for good, once or on trial.
#include <fmt/core.h>

#include "base/text.h"
#include "be/verify.h"
#include "kbe.h"

namespace kld::cmd {

Result<BeChange> begin_be_change(ToolContext& context, const ChangeOptions& options, bool wait) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(auto world, be::probe(context.runner, context.files, options.pool, false));
    BeChange change{std::nullopt, {}};
    if (!options.dry_run) {
        KLD_TRY(auto lock, wait ? wait_for_pool(context, world.pool) : lock_pool(context, world.pool));
        change.lock.emplace(std::move(lock));
    }
    // Read once the lock is held: somebody may just have ended a change.
    KLD_TRY(change.world, options.dry_run ? be::probe(context.runner, context.files, world.pool, true)
                                          : be::probe_for_change(context.runner, context.files, world.pool));
    return change;
}

namespace {

Status be_activate(ToolContext& context, const BeOptions& options) {
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto* environment, change.world.environment(options.name));
    KLD_TRY(const auto plan, be::plan_activate(change.world, options.name));
    if (!plan.steps.empty() && !options.unverified) {
        KLD_TRY(const auto report, be::verify(context.runner, context.files, change.world, environment->name));
        KLD_CHECK(be::expect_bootable(report, options.name));
    }
    // Who says what boots from now on does not want something else tried first, nor what runs on its last try kept.
    std::vector<zfs::Step> end;
    if (change.world.trial) end.push_back(be::end_trial_step(change.world.trial->dataset));
    KLD_CHECK(carry_out(context, options.change, plan, options.name + " boots from now on", end));
    if (!options.change.dry_run && change.world.trial)
        KLD_CHECK(be::end_trial(context.runner, context.files, change.world));
    return {};
}

/// -t and --trial: what boots by itself stays as it is, the menu is told.
Status be_try(ToolContext& context, const BeOptions& options) {
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto* environment, change.world.environment(options.name));
    if (environment->name == change.world.next)
        return fail(options.name + " boots by itself already: there is nothing to go back to",
                    "make another one the default first", ExitCode::refused);
    if (!options.unverified) {
        KLD_TRY(const auto report, be::verify(context.runner, context.files, change.world, environment->name));
        KLD_CHECK(be::expect_bootable(report, options.name));
    }
    KLD_TRY(const auto plan, be::plan_trial(change.world, environment->name, options.tries, options.once));
    if (!announce(options.change, plan)) return {};
    if (!options.once && !options.unverified)
        KLD_CHECK(be::expect_keeping_unit(context.runner, context.files, change.world, environment->name));
    KLD_CHECK(
        be::start_trial(context.runner, context.files, change.world, environment->name, options.tries, options.once));
    if (options.change.json) return {};
    if (options.once)
        fmt::print("the next boot is {}, the one after that {} again\n", environment->name, change.world.next);
    else
        fmt::print("{} is on trial: after {} boots that do not prove themselves {} boots again\n", environment->name,
                   options.tries, change.world.next.empty() ? "none" : change.world.next);
    return {};
}

Status be_end_trial(ToolContext& context, const BeOptions& options) {
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    const auto trial = be::trial_of(context.files, change.world);
    if (!trial) return fail("nothing is on trial", "kbe list shows what is", ExitCode::usage);
    if (!announce(options.change, {{be::end_trial_step(trial->dataset)}, {}})) return {};
    KLD_CHECK(be::end_trial(context.runner, context.files, change.world));
    if (!options.change.json) fmt::print("{} is not tried any more\n", trial->dataset);
    return {};
}

/// It has come up. Waiting for who changes the pool is no reason to restart it in the midst of that.
zfs::Step be_stop_timeout() {
    return {"do not restart the machine for want of a proof", {"systemctl", "stop", "kldload-trial-timeout.timer"}};
}

/// With the world of the change: what was done before it is in it, too.
Result<zfs::Plan> be_plan_commit(ToolContext& context, const BeOptions& options, const be::World& world) {
    // Without the partition nobody knows what is on trial.
    KLD_CHECK(be::esp_place(world.mounts));
    zfs::Plan plan;
    if (!options.unverified) {
        KLD_TRY(const auto checks, be::boot_checks(context.files));
        for (const auto& check : checks) plan.steps.push_back({"expect that all is well", {check}});
    }
    plan.steps.push_back(be_stop_timeout());
    KLD_TRY(const auto keep, be::plan_commit(world, be::trial_of(context.files, world)));
    plan.steps.insert(plan.steps.end(), keep.steps.begin(), keep.steps.end());
    return plan;
}

Status be_commit(ToolContext& context, const BeOptions& options) {
    KLD_CHECK(expect_root(context));
    if (!options.change.dry_run) {
        // Before the lock is held: a check may be one that makes a snapshot.
        if (!options.unverified) KLD_CHECK(be::run_boot_checks(context.runner, context.files));
        [[maybe_unused]] const auto stopped = context.runner.run({.argv = be_stop_timeout().argv});
    }
    // The machine restarts when its unit fails: whoever changes the pool at that moment is waited for.
    KLD_TRY(const auto change, begin_be_change(context, options.change, true));
    if (options.change.dry_run || options.change.json) {
        KLD_TRY(const auto plan, be_plan_commit(context, options, change.world));
        if (!announce(options.change, plan)) return {};
    }
    KLD_TRY(const bool kept, be::commit_trial(context.runner, context.files, change.world));
    if (!options.change.json)
        fmt::print("{} {}\n", change.world.running,
                   kept ? "has proved itself and boots from now on" : "boots by itself already");
    return {};
}

}  // namespace

void add_be_activate(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("activate", "boot this one from now on, when it passes the check");
    verb->add_option("name", options->name, "boot environment");
    auto* once = verb->add_flag("-t", options->once, "for the next boot alone");
    auto* no_more = verb->add_flag("-T", options->no_more, "take back -t or --trial");
    auto* trial = verb->add_flag("--trial", options->trial, "until it has proved itself; else back to what boots now");
    verb->add_option("--tries", options->tries, "how many boots it has to prove itself")
        ->check(CLI::Range(1, 99))
        ->needs(trial)
        ->capture_default_str();
    once->excludes(no_more)->excludes(trial);
    trial->excludes(no_more);
    verb->add_flag("--force-unverified", options->unverified, "also when the check finds that it would not boot");
    options->change.add_to(*verb);
    verb->callback([&context, options] {
        if (options->name.empty() == !options->no_more) throw CLI::RequiredError("name");
        context.run([&context, options] {
            if (options->no_more) return be_end_trial(context, *options);
            return options->once || options->trial ? be_try(context, *options) : be_activate(context, *options);
        });
    });
}

void add_be_commit(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("commit", "the one that runs on trial has proved itself");
    verb->add_flag("--force-unchecked", options->unverified, "without what lies in /etc/kldload/boot-checks.d");
    options->change.add_to(*verb, false);
    verb->callback([&context, options] { context.run([&context, options] { return be_commit(context, *options); }); });
}

}  // namespace kld::cmd
