// SPDX-License-Identifier: BSD-3-Clause
// kupgrade: all packages up to date, and a system that boots afterwards, or the one from before.
#include <fmt/core.h>
#include <unistd.h>

#include "base/confirm.h"
#include "base/stop.h"
#include "base/text.h"
#include "be/trial.h"
#include "tools.h"
#include "upgrade/staged.h"
#include "zfs/names.h"

namespace kld::cmd {
namespace {

struct UpgradeOptions {
    bool dry_run = false, json = false, yes = false, staged = false, now = false, stay = false;
};

std::vector<std::string> upgrade_argv(const UpgradeOptions& options) {
    std::vector<std::string> argv{"kupgrade"};
    if (options.staged) argv.emplace_back("--staged");
    if (options.now) argv.emplace_back("--now");
    if (options.stay) argv.emplace_back("--stay");
    return argv;
}

Status upgrade_confirm(const upgrade::Prepared& prepared) {
    fmt::print(stderr, "{}", upgrade::to_text(prepared.simulation));
    return confirm(fmt::format("{} packages change.", prepared.simulation.actions.size()),
                   "nobody is there to say yes to this", STDIN_FILENO);
}

void upgrade_show_plan(const UpgradeOptions& options, const upgrade::Prepared& prepared, zfs::Plan plan) {
    for (const auto& hold : prepared.holds) plan.warnings.push_back(upgrade::to_warning(hold));
    if (options.json)
        fmt::print("{}", zfs::to_json(plan));
    else
        fmt::print("{}{}", upgrade::to_text(prepared.simulation), zfs::to_text(plan));
}

/// A record of a run that had nothing to do. It is not in the log, as kpkg's are not shown by its history.
packages::Record upgrade_nothing(const UpgradeOptions& options, const upgrade::Prepared& prepared) {
    return {.id = zfs::stamped("kupgrade", prepared.world.now, [](const std::string&) { return false; }),
            .time = static_cast<std::uint64_t>(prepared.world.now),
            .user = packages::who(),
            .argv = upgrade_argv(options),
            .manager = prepared.machine.manager->name,
            .environment = prepared.machine.root,
            .result = "nothing"};
}

void upgrade_say_in_place(Files& files, const upgrade::Prepared& prepared, const upgrade::Outcome& outcome) {
    const auto running = std::string(trim(files.read("/proc/sys/kernel/osrelease").value_or("")));
    if (outcome.default_kernel == running)
        fmt::print("no restart is needed for the kernel: {} runs, and is the one that boots\n", running);
    else
        fmt::print("restart the machine for the kernel {}; {} runs\n", outcome.default_kernel, running);
    const auto name = prepared.world.name_of(prepared.machine.root);
    if (outcome.on_trial)
        fmt::print("{} is on trial: unless it proves itself in {} boots, {} boots. kbe activate {} does without\n",
                   name, be::kTries, outcome.back, shell_quote(name));
    fmt::print("kbe activate {} goes back to before the upgrade\n", shell_quote(outcome.environment));
}

void upgrade_say_staged(const upgrade::Prepared& prepared, const upgrade::Outcome& outcome, bool now) {
    const auto before = prepared.world.name_of(prepared.machine.root);
    if (outcome.on_trial)
        fmt::print("{} boots next, on trial: unless it proves itself in {} boots, {} boots again\n",
                   outcome.environment, be::kTries, before);
    else
        fmt::print("{} boots next. kbe activate {} takes this back\n", outcome.environment, shell_quote(before));
    if (!now) fmt::print("{} runs on, unchanged, until the machine is restarted\n", before);
}

Result<int> upgrade_end(ToolContext& context, const UpgradeOptions& options, const upgrade::Prepared& prepared,
                        const upgrade::Outcome& outcome) {
    if (options.json) fmt::print("{}\n", packages::to_line(outcome.record));
    if (outcome.broken) return fail(*outcome.broken);
    const bool nothing = outcome.record.result == "nothing";
    if (!options.json) {
        if (nothing)
            fmt::print("nothing was upgraded\n");
        else if (options.staged)
            upgrade_say_staged(prepared, outcome, options.now);
        else
            upgrade_say_in_place(context.files, prepared, outcome);
    }
    if (!options.now || nothing) return 0;
    if (auto restarted = context.runner.run({.argv = {"systemctl", "reboot"}}); !restarted)
        return fail(
            std::move(restarted.error()).within(outcome.environment + " boots next, but the machine does not restart"));
    return 0;
}

Result<int> upgrade_all(ToolContext& context, const UpgradeOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    const auto root = zfs::dataset_at(mounts, "/");
    if (root.empty())
        return fail("the root file system is not ZFS, so there is no way back from an upgrade",
                    "kpkg upgrade --force-no-snapshot goes ahead without one", ExitCode::refused);
    KLD_TRY(const auto lock, lock_pool(context, boot::pool_of(root)));
    const auto events = context.events();
    PartEvents part(*events);
    auto host = upgrade::real_host(context.runner, context.files, part);
    host.json = options.json;
    const upgrade::PassingHolds holds(host);
    KLD_TRY(const auto prepared, upgrade::prepare(host, !options.dry_run));
    if (options.dry_run) {
        KLD_TRY(auto plan, options.staged ? upgrade::plan_staged(host, prepared)
                                          : upgrade::plan_in_place(host, prepared, options.stay));
        if (prepared.simulation.empty()) plan.steps.clear();
        upgrade_show_plan(options, prepared, std::move(plan));
        events->finish();
        return 0;
    }
    if (prepared.simulation.empty()) {
        events->finish();
        return upgrade_end(context, options, prepared, {.record = upgrade_nothing(options, prepared)});
    }
    if (!options.yes) KLD_CHECK(upgrade_confirm(prepared));
    if (prepared.machine.log_dataset == prepared.machine.root)
        events->warning("/var/log lies in the root dataset: the log of transactions goes back with it");
    KLD_CHECK(upgrade::fetch(host, prepared));
    const auto argv = upgrade_argv(options);
    const StopOnSignals stop;
    host.stop = stop.flag();
    KLD_TRY(const auto outcome, options.staged ? upgrade::upgrade_staged(host, prepared, argv)
                                               : upgrade::upgrade_in_place(host, prepared, argv, options.stay));
    if (!outcome.broken) events->finish();
    return upgrade_end(context, options, prepared, outcome);
}

}  // namespace

void add_kupgrade(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<UpgradeOptions>();
    app.add_flag("--dry-run", options->dry_run, "show what would be done, by the lists as they were last fetched");
    app.add_flag("--json", options->json, "print the record as JSON; the package manager's words go to stderr");
    app.add_flag("--yes", options->yes, "do not ask");
    auto* staged = app.add_flag("--staged", options->staged, "in a clone, which boots next when it is proven");
    app.add_flag("--now", options->now, "with --staged: restart the machine at once")->needs(staged);
    app.add_flag("--stay", options->stay, "the upgraded system boots next even when the check finds it broken")
        ->excludes(staged);
    app.callback(
        [&context, options] { context.chosen([&context, options] { return upgrade_all(context, *options); }); });
}

}  // namespace kld::cmd
