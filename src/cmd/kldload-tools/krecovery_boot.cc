// SPDX-License-Identifier: BSD-3-Clause
// krecovery: a command in an environment, its boot files, and the firmware's entry.
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "be/verify.h"
#include "krecovery.h"
#include "recovery/boot_files.h"
#include "recovery/chroot.h"
#include "recovery/efibootmgr.h"
#include "recovery/firmware.h"
#include "recovery/programs.h"
#include "zfs/altroot.h"
#include "zfs/own_mounts.h"
#include "zfs/query.h"

namespace kld::cmd {
namespace {

Result<recovery::ChrootWorld> chroot_world(ToolContext& context, const Recovery& found, const std::string& name) {
    recovery::ChrootWorld world{.pool = found.pool, .environment = {}, .datasets = {}, .partitions = {}};
    KLD_TRY(world.environment, found.environment(name));
    KLD_TRY(world.datasets,
            zfs::get(context.runner, {.root = found.pool.name, .properties = {"mountpoint", "canmount", "keystatus"}}));
    zfs::take_altroot_away(world.datasets, found.pool.altroot);
    // Without one there is none to mount.
    if (auto partitions = partitions_of(context, found)) world.partitions = std::move(*partitions);
    if (auto resolver = context.files.read("/etc/resolv.conf")) world.resolver = std::move(*resolver);
    return world;
}

Result<int> recovery_chroot(ToolContext& context, const RecoveryOptions& options) {
    KLD_TRY(const auto found, begin_recovery(context, options, false));
    KLD_TRY(const auto world, chroot_world(context, found, options.environment));
    KLD_CHECK(zfs::have_own_mounts());
    if (options.change.dry_run || options.change.json) {
        KLD_TRY(const auto plan, recovery::whole_plan(context.runner, world, context.files));
        if (!announce(options.change, plan)) return 0;
    }
    const auto events = context.events();
    // What was printed is JSON, and stays so.
    const auto run = recovery::run_and_leave_nothing(options.change.json ? STDERR_FILENO : -1);
    return recovery::run_in_chroot(
        context.runner, context.files, *events, world,
        options.command.empty() ? std::vector<std::string>{"/bin/sh", "-l"} : options.command, run);
}

/// What was done, or would be, and what the check says of it.
nlohmann::ordered_json repair_json(const recovery::Repair& work, const std::optional<check::Report>& report) {
    auto steps = nlohmann::ordered_json::array();
    for (const auto& step : work.steps) steps.push_back(step.text);
    nlohmann::ordered_json entry{{"device", work.partition.device}, {"steps", steps}};
    if (report) entry["check"] = nlohmann::ordered_json::parse(check::to_json(*report));
    return entry;
}

Status recovery_esp(ToolContext& context, const RecoveryOptions& options) {
    KLD_TRY(const auto found, begin_recovery(context, options, false));
    KLD_TRY(const auto environment, found.environment(options.environment));
    KLD_TRY(const auto all, partitions_of(context, found));
    KLD_TRY(const auto partitions, recovery::choose_partitions(all, options.device));
    KLD_CHECK(zfs::have_own_mounts());
    KLD_TRY(const auto dataset, be::read_checked(context.runner, found.world, environment));
    KLD_TRY(const auto root, zfs::PassingMount::make(context.runner, dataset, true, "root"));
    recovery::RepairWish wish{.package = {}, .format = options.format, .dry_run = options.change.dry_run};
    KLD_TRY(wish.package, recovery::boot_package(context.files, root.place(), environment, options.from));
    // All are looked at before one is written to.
    for (const auto& partition : partitions) KLD_CHECK(recovery::expect_repairable(partition, wish));
    const auto events = context.events();
    PartEvents part(*events);
    auto told = nlohmann::ordered_json::array();
    std::vector<check::Report> reports;
    for (const auto& partition : partitions) {
        KLD_TRY(auto work, recovery::look_at_partition(context.runner, context.files, partition, wish));
        const auto steps = esp::to_text(work.steps);
        std::optional<check::Report> report;
        if (!wish.dry_run) {
            KLD_CHECK(recovery::repair(context.runner, context.files, part, work, wish));
            KLD_TRY(report,
                    recovery::check_partition(context.runner, context.files, work, found.pool, root.place(), dataset));
            reports.push_back(*report);
        }
        told.push_back(repair_json(work, report));
        if (!options.change.json)
            fmt::print("{}:\n{}{}", partition.device, steps, report ? check::to_text(*report, true) : "");
    }
    events->finish();
    if (options.change.json)
        fmt::print("{}\n", nlohmann::ordered_json{{"version", 1}, {"partitions", told}}.dump(
                               2, ' ', false, nlohmann::json::error_handler_t::replace));
    return recovery::expect_bootable(reports);
}

Status recovery_firmware(ToolContext& context, const RecoveryOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_CHECK(recovery::expect_variables(context.files));
    KLD_TRY(const auto found, begin_recovery(context, options, false));
    KLD_TRY(const auto world, chroot_world(context, found, options.environment));
    KLD_TRY(const auto all, partitions_of(context, found));
    KLD_TRY(const auto partitions, recovery::choose_partitions(all, options.device));
    KLD_CHECK(zfs::have_own_mounts());
    KLD_TRY(const auto prefix,
            recovery::find_efibootmgr(context.runner, context.files, world, recovery::program_path()));
    auto argv = prefix;
    argv.insert(argv.end(), {"efibootmgr", "-v"});
    KLD_TRY(const auto output, context.runner.run({.argv = argv}));
    KLD_TRY(const auto plan,
            recovery::plan_firmware(recovery::parse_firmware(output.out), partitions, options.label, prefix));
    return carry_out(context, options.change, plan,
                     plan.steps.empty() ? "the firmware has an entry already" : "the firmware boots this disk first");
}

void add_environment(CLI::App& verb, RecoveryOptions& options) {
    verb.add_option("environment", options.environment, "boot environment; else the one that boots next");
}

}  // namespace

void add_recovery_chroot(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<RecoveryOptions>();
    auto* verb =
        app.add_subcommand("chroot", "a command inside an environment, with all its file systems; else a shell");
    add_environment(*verb, *options);
    verb->add_option("command", options->command, "command and its arguments, behind --");
    add_recovery_change(*verb, *options);
    verb->callback(
        [&context, options] { context.chosen([&context, options] { return recovery_chroot(context, *options); }); });
}

void add_recovery_esp(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<RecoveryOptions>();
    auto* verb = app.add_subcommand("esp", "write the boot files of an environment's package again, and check them");
    add_environment(*verb, *options);
    verb->add_option("--from", options->from, "a directory with boot files, instead of the environment's package");
    verb->add_option("--device", options->device, "one EFI system partition; else all on the disks of the pool");
    verb->add_flag("--format", options->format, "make a FAT where the partition has none");
    add_recovery_change(*verb, *options);
    verb->callback(
        [&context, options] { context.run([&context, options] { return recovery_esp(context, *options); }); });
}

void add_recovery_firmware(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<RecoveryOptions>();
    options->label = "kldload";
    auto* verb = app.add_subcommand("firmware", "an entry in the firmware's list for this disk");
    add_environment(*verb, *options);
    verb->add_option("--device", options->device, "one EFI system partition; else all on the disks of the pool");
    verb->add_option("--label", options->label, "what the firmware calls it")->capture_default_str();
    add_recovery_change(*verb, *options);
    verb->callback(
        [&context, options] { context.run([&context, options] { return recovery_firmware(context, *options); }); });
}

}  // namespace kld::cmd
