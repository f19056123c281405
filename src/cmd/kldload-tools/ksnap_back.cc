// SPDX-License-Identifier: BSD-3-Clause
// ksnap restore and rollback.
#include <fmt/core.h>
#include <unistd.h>

#include "base/confirm.h"
#include "base/text.h"
#include "be/changes.h"
#include "be/soft_restart.h"
#include "be/trial.h"
#include "be/verify.h"
#include "ksnap.h"
#include "snap/back.h"
#include "snap/restore.h"
#include "snap/rollback.h"
#include "zfs/own_mounts.h"
#include "zfs/properties.h"

namespace kld::cmd {
namespace {

struct SnapBackOptions {
    ChangeOptions change{};
    std::string snapshot{}, to{};
    std::vector<std::string> paths{};
    bool overwrite = false, yes = false, now = false, recursive = false, unverified = false;
};

Status snap_restore(ToolContext& context, const SnapBackOptions& options) {
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_one(context, options.snapshot)));
    const auto& spec = change.specs.front();
    snap::RestoreWish wish{.snapshot = spec.dataset + "@" + spec.snapshots, .overwrite = options.overwrite};
    for (const auto& path : options.paths) wish.paths.push_back(snap_path(path));
    if (!options.to.empty()) {
        KLD_TRY(wish.to, snap_word(context.files, options.to.starts_with('/') ? options.to : "./" + options.to));
    }
    KLD_TRY(const auto opened, snap::open_snapshot(context.runner, context.files, change.mounts, wish.snapshot));
    KLD_TRY(const auto world, snap::probe_restore(context.files, change.mounts, opened, wish, std::time(nullptr)));
    KLD_TRY(const auto plan, snap::plan_restore(world, wish));
    std::vector<std::string> said;
    for (const auto& item : world.items) {
        said.push_back(item.target);
        if (item.target_kind != FileKind::none) said.back() += " (before: " + item.kept + ")";
    }
    return carry_out(context, options.change, plan, join(said, "\n"));
}

/// With mounts of its own: a snapshot that had to be mounted does not outlive a command that is killed.
Status snap_restore_apart(ToolContext& context, const SnapBackOptions& options) {
    return zfs::with_own_mounts([&] { return snap_restore(context, options); });
}

Status snap_roll_in_place(ToolContext& context, const SnapBackOptions& options, const snap::Target& target) {
    if (options.now)
        return fail(fmt::format("{} is rolled back in place, and needs no restart", target.dataset), "leave out --now",
                    ExitCode::usage);
    KLD_TRY(const auto plan, snap::plan_rollback(target, options.recursive));
    fmt::print(options.change.json ? stderr : stdout, "{}",
               snap::losses(target, snap::changes_since(context.runner, target)));
    if (!options.change.dry_run && !options.yes)
        KLD_CHECK(confirm(target.dataset + " loses all of this.",
                          target.dataset + " would lose all of this, and nobody is there to say yes", STDIN_FILENO));
    return carry_out(context, options.change, plan, target.dataset + " is what it was");
}

/// A trial is counted by the boot menu, which a soft reboot does not meet.
Status snap_restart(ToolContext& context, const be::World& world, const std::string& dataset, bool on_trial) {
    const auto name = world.name_of(dataset);
    if (!on_trial) {
        KLD_TRY(const auto environment, be::read_checked(context.runner, world, dataset));
        const auto why = be::against_soft_restart(context.runner, context.files, environment);
        if (why.empty()) return be::soft_restart(context.runner, context.files, environment);
        context.events()->note("the whole machine restarts: " + why);
    }
    auto restarted = context.runner.run({.argv = {"systemctl", "reboot"}});
    if (restarted) return {};
    return fail(
        std::move(restarted.error()).within(fmt::format("{} boots next, but the machine does not restart", name)));
}

}  // namespace

Status snap_roll_root(ToolContext& context, const ChangeOptions& options, const snap::Target& target, bool now,
                      bool unverified) {
    const auto pool = boot::pool_of(target.dataset);
    KLD_TRY(const auto world, options.dry_run ? be::probe(context.runner, context.files, pool, true)
                                              : be::probe_for_change(context.runner, context.files, pool));
    KLD_TRY(const auto inherited, zfs::local_properties(context.runner, target.dataset));
    KLD_TRY(const auto back, snap::plan_back(world, target.snapshot, inherited));
    auto plan = snap::whole(back);
    if (now) plan.steps.push_back({"restart the machine", {"systemctl", "reboot"}});
    auto* const text = options.json ? stderr : stdout;
    fmt::print(text, "what {} has and {} will not have:\n{}", target.dataset, back.dataset,
               snap::losses(target, snap::changes_since(context.runner, target)));
    if (options.dry_run) return carry_out(context, options, plan, {});
    KLD_TRY(const bool on_trial,
            snap::go_back(context.runner, context.files, *context.events(), world, back, unverified));
    if (options.json) fmt::print("{}", zfs::to_json(plan));
    const auto name = world.name_of(back.dataset), before = world.name_of(world.next);
    if (on_trial)
        fmt::print(text, "{} boots next, on trial: unless it proves itself in {} boots, {} boots again\n", name,
                   be::kTries, before.empty() ? "none" : before);
    else
        fmt::print(text, "{} boots next. {} stays as it is{}\n", name, target.dataset,
                   before.empty() ? "" : fmt::format("; kbe activate {} takes this back", shell_quote(before)));
    return now ? snap_restart(context, world, back.dataset, on_trial) : Status{};
}

namespace {

Status snap_rollback(ToolContext& context, const SnapBackOptions& options) {
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_one(context, options.snapshot)));
    const auto& spec = change.specs.front();
    KLD_TRY(const auto target, snap::probe_target(context.runner, context.files, spec.dataset + "@" + spec.snapshots));
    return target.root ? snap_roll_root(context, options.change, target, options.now, options.unverified)
                       : snap_roll_in_place(context, options, target);
}

}  // namespace

void add_snap_restore(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapBackOptions>();
    auto* verb = app.add_subcommand("restore", "copy files and folders out of a snapshot");
    verb->add_option("snapshot", options->snapshot, "DATASET@NAME or PATH@NAME")->required();
    verb->add_option("path", options->paths, "files and folders, as they are seen where the dataset is mounted")
        ->required();
    verb->add_option("--to", options->to, "a directory to put them into; else to where they were");
    verb->add_flag("--overwrite", options->overwrite,
                   "what is there is kept beside as NAME.before-restore-TIME; else it is refused");
    options->change.add_to(*verb, false);
    verb->callback(
        [&context, options] { context.run([&context, options] { return snap_restore_apart(context, *options); }); });
}

void add_snap_rollback(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapBackOptions>();
    auto* verb =
        app.add_subcommand("rollback", "go back to a snapshot: a root by booting a clone, other datasets in place");
    verb->add_option("snapshot", options->snapshot, "DATASET@NAME or PATH@NAME")->required();
    verb->add_flag("--yes", options->yes, "in place: do not ask");
    verb->add_flag("-r", options->recursive, "in place: destroy newer snapshots and bookmarks");
    verb->add_flag("--now", options->now, "a root: restart the machine at once");
    verb->add_flag("--force-unverified", options->unverified,
                   "a root: also when the check finds that it would not boot");
    options->change.add_to(*verb, false);
    verb->callback(
        [&context, options] { context.run([&context, options] { return snap_rollback(context, *options); }); });
}

}  // namespace kld::cmd
