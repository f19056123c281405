// SPDX-License-Identifier: BSD-3-Clause
// krecovery: a system that does not boot, from another one. Pools, environments, and back out.
#include "krecovery.h"

#include <fmt/core.h>

#include "base/text.h"
#include "be/changes.h"
#include "be/listing.h"
#include "be/verify.h"
#include "kbe.h"
#include "recovery/keys.h"
#include "recovery/leave.h"
#include "recovery/programs.h"
#include "recovery/trials.h"
#include "zfs/own_mounts.h"
#include "zfs/query.h"

namespace kld::cmd {

Result<std::string> Recovery::environment(const std::string& name) const {
    if (name.empty() && world.next.empty())
        return fail("no boot environment of " + pool.name + " boots by default", "name one; krecovery list shows them",
                    ExitCode::usage);
    KLD_TRY(const auto* found, world.environment(name.empty() ? world.next : name));
    return found->name;
}

Result<Recovery> begin_recovery(ToolContext& context, const RecoveryOptions& options, bool snapshots) {
    KLD_CHECK(expect_root(context));
    KLD_CHECK(recovery::expect_usable_zfs(context.runner));
    KLD_TRY(const auto imported, recovery::read_imported(context.runner, context.files));
    Recovery found{.pool = {}};
    KLD_TRY(found.pool, recovery::find_target(imported, options.change.pool));
    if (!options.change.dry_run) {
        KLD_TRY(auto lock, lock_pool(context, found.pool.name));
        found.lock.emplace(std::move(lock));
    }
    KLD_TRY(found.world, be::probe(context.runner, context.files, found.pool.name, snapshots));
    return found;
}

Result<std::vector<recovery::EspPartition>> partitions_of(ToolContext& context, const Recovery& recovery) {
    std::vector<std::string> devices;
    for (const auto& [device, label] : menu::scan_devices(recovery::may_be_recovered).labels)
        if (label.pool_guid == recovery.pool.guid) devices.push_back(device);
    return recovery::find_partitions(context.runner, context.files, devices);
}

void add_recovery_pool(CLI::App& verb, RecoveryOptions& options) {
    verb.add_option("--pool", options.change.pool, "by its name here or its GUID, where several are being recovered");
}

void add_recovery_change(CLI::App& verb, RecoveryOptions& options) {
    options.change.add_to(verb, false);
    add_recovery_pool(verb, options);
}

namespace {

Status recovery_pools(ToolContext& context, const RecoveryOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto warnings, recovery::expect_usable_zfs(context.runner));
    KLD_TRY(const auto scene,
            recovery::probe_scene(context.runner, context.files, menu::scan_devices(recovery::may_be_recovered), true));
    constexpr std::size_t kShown = 8;
    options.output.print(recovery::list_pools(scene), "pools", kShown);
    const auto events = context.events();
    for (const auto& warning : warnings) events->warning(warning);
    for (const auto& remark : recovery::remarks(scene)) events->note(remark);
    return {};
}

Status load_missing_keys(ToolContext& context, const std::string& pool) {
    KLD_TRY(const auto datasets,
            zfs::get(context.runner, {.root = pool,
                                      .types = {"filesystem", "volume"},
                                      .properties = {"encryptionroot", "keystatus", "keyformat", "keylocation"}}));
    const auto events = context.events();
    return recovery::load_keys(context.runner, *events, pool, recovery::missing_keys(datasets, context.files),
                               recovery::keys_of_stdin());
}

Status recovery_import(ToolContext& context, const RecoveryOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto warnings, recovery::expect_usable_zfs(context.runner));
    KLD_TRY(const auto scene, recovery::probe_scene(context.runner, context.files,
                                                    menu::scan_devices(recovery::may_be_recovered), false));
    const auto& wish = options.wish;
    KLD_TRY(const auto* pool, recovery::find_pool(scene, wish.pool));
    const auto name = recovery::name_here(scene, *pool, wish);
    const auto altroot = recovery::altroot_of(scene, *pool, wish);
    KLD_TRY(const auto place, recovery::look_at_place(context.files, altroot));
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    KLD_TRY(auto plan, recovery::plan_import(scene, wish, place, mounts));
    plan.warnings.insert(plan.warnings.begin(), warnings.begin(), warnings.end());
    std::optional<Lock> lock;
    if (!options.change.dry_run) {
        KLD_TRY(auto taken, lock_pool(context, name));
        lock.emplace(std::move(taken));
    }
    const auto back = recovery::is_own_place(altroot) ? "" : " --pool " + shell_quote(name);
    KLD_CHECK(carry_out(context, options.change, plan,
                        fmt::format("{} is imported at {}; krecovery export{} gives it back", name, altroot, back)));
    if (options.change.dry_run) return {};
    return load_missing_keys(context, name);
}

Status recovery_list(ToolContext& context, const RecoveryOptions& options, const be::ListWish& wish) {
    auto asked = options;
    asked.change.dry_run = true;  // reads alone, and needs no lock
    KLD_TRY(const auto found, begin_recovery(context, asked, wish.snapshots));
    constexpr std::size_t kShown = 5;
    options.output.print(be::list_environments(found.world, wish), "environments", kShown);
    return {};
}

Status recovery_activate(ToolContext& context, const RecoveryOptions& options) {
    KLD_TRY(const auto found, begin_recovery(context, options, false));
    KLD_CHECK(recovery::expect_writable(found.pool, "activate " + options.environment));
    KLD_TRY(const auto* environment, found.world.environment(options.environment));
    KLD_TRY(const auto plan, be::plan_activate(found.world, options.environment));
    KLD_CHECK(zfs::have_own_mounts());
    if (!options.unverified) {
        KLD_TRY(const auto report, be::verify(context.runner, context.files, found.world, environment->name));
        KLD_CHECK(be::expect_bootable(report, options.environment));
    }
    KLD_CHECK(carry_out(
        context, options.change, plan, options.environment + " boots from now on",
        {{fmt::format("end what is on trial of {}: records on the EFI system partitions beside it", found.pool.name),
          {}}}));
    if (options.change.dry_run) return {};
    const auto events = context.events();
    return recovery::end_trials_after(context.runner, context.files, *events, options.environment, found.pool.guid,
                                      partitions_of(context, found));
}

Status recovery_export(ToolContext& context, const RecoveryOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto imported, recovery::read_imported(context.runner, context.files));
    KLD_TRY(const auto pool, recovery::find_target(imported, options.change.pool));
    std::optional<Lock> lock;
    if (!options.change.dry_run) {
        KLD_TRY(auto taken, lock_pool(context, pool.name));
        lock.emplace(std::move(taken));
    }
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    if (options.change.dry_run || options.change.json) {
        auto shown = recovery::plan_export(pool, mounts);
        for (auto& step : recovery::plan_tidy(pool).steps) shown.steps.push_back(std::move(step));
        if (!announce(options.change, shown)) return {};
    }
    const auto events = context.events();
    KLD_CHECK(recovery::leave(context.runner, context.files, *events, pool, mounts));
    if (!options.change.json) fmt::print("{} is exported: its own system imports it without force\n", pool.name);
    return {};
}

/// A verb with its own options, which runs `work`.
CLI::App* add_recovery_verb(CLI::App& app, ToolContext& context, const RecoveryOptionsPtr& options, const char* name,
                            const char* summary, Status (*work)(ToolContext&, const RecoveryOptions&)) {
    auto* verb = app.add_subcommand(name, summary);
    verb->callback(
        [&context, options, work] { context.run([&context, options, work] { return work(context, *options); }); });
    return verb;
}

void add_recovery_import(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<RecoveryOptions>();
    auto* verb = add_recovery_verb(app, context, options, "import", "bring a pool in, without mounting anything of it",
                                   recovery_import);
    auto& wish = options->wish;
    verb->add_option("pool", wish.pool, "name, or GUID where several have one name")->required();
    verb->add_option("--altroot", wish.altroot, "an empty directory for its file systems; else /run/krecovery/NAME");
    verb->add_option("--name", wish.name,
                     "what it is called here, until it is exported; else its own name, or one with digits of its GUID "
                     "where that is taken");
    verb->add_flag("--read-only", wish.readonly, "write nothing to it");
    verb->add_flag("--force", wish.force, "also when another system used it last and did not export it");
    options->change.add_to(*verb, false);
}

void add_recovery_list(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<RecoveryOptions>();
    auto wish = std::make_shared<be::ListWish>();
    auto* verb = app.add_subcommand("list", "list its boot environments");
    options->output.add_to(*verb);
    add_be_list_wish(*verb, *wish);
    add_recovery_pool(*verb, *options);
    verb->callback([&context, options, wish] {
        context.run([&context, options, wish] { return recovery_list(context, *options, *wish); });
    });
}

}  // namespace

void add_krecovery(CLI::App& app, ToolContext& context) {
    {
        auto options = std::make_shared<RecoveryOptions>();
        auto* verb = add_recovery_verb(app, context, options, "pools",
                                       "list all pools on all devices, those that are imported, too", recovery_pools);
        options->output.add_to(*verb);
    }
    add_recovery_import(app, context);
    add_recovery_list(app, context);
    {
        auto options = std::make_shared<RecoveryOptions>();
        auto* verb = add_recovery_verb(app, context, options, "activate",
                                       "boot this one from now on, when it passes the check", recovery_activate);
        verb->add_option("environment", options->environment, "boot environment")->required();
        verb->add_flag("--force-unverified", options->unverified, "also when the check finds that it would not boot");
        add_recovery_change(*verb, *options);
    }
    add_recovery_chroot(app, context);
    add_recovery_esp(app, context);
    add_recovery_firmware(app, context);
    {
        auto options = std::make_shared<RecoveryOptions>();
        auto* verb = add_recovery_verb(app, context, options, "export",
                                       "give the pool back; nothing stays mounted or imported", recovery_export);
        add_recovery_change(*verb, *options);
    }
}

}  // namespace kld::cmd
