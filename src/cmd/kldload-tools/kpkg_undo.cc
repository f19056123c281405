// SPDX-License-Identifier: BSD-3-Clause
// kpkg undo: the root as it was before a transaction, as a boot environment that boots next.
#include <fmt/core.h>

#include "base/text.h"
#include "be/rescue.h"
#include "kpkg.h"
#include "ksnap.h"
#include "packages/undo.h"
#include "zfs/query.h"

namespace kld::cmd {
namespace {

struct UndoOptions {
    ChangeOptions change{};
    std::string id{};
    bool now = false, unverified = false;
};

/// Whether something else than what runs boots next. Yes, when the programs that know it do not start.
bool undo_is_pending(ToolContext& context, const std::string& root) {
    const auto world = be::probe(context.runner, context.files, boot::pool_of(root), false);
    return !world || world->next != root || (world->trial && world->trial->left > 0 && world->trial->dataset != root);
}

/// The boot environments with their snapshots.
Result<std::vector<packages::Present>> undo_present(ToolContext& context, const std::string& container) {
    KLD_TRY(const auto rows, zfs::list(context.runner, {.root = container,
                                                        .types = {"filesystem", "snapshot"},
                                                        .properties = {"name", packages::kTransaction}}));
    std::vector<packages::Present> all;
    for (const auto& row : rows) all.push_back({row[0], row[1]});
    return all;
}

/// The rest needs zfs(8), of whichever root it is.
Status undo_with_programs(ToolContext& context, const UndoOptions& options, std::vector<packages::Record> undone) {
    const auto& chosen = undone.front();
    auto target = snap::probe_target(context.runner, context.files, chosen.snapshot);
    if (!target)
        return fail(std::move(target.error())
                        .within("cannot take back " + chosen.id)
                        .with_hint("its snapshot may have been destroyed; kpkg history shows the others"));
    auto* const text = options.change.json ? stderr : stdout;
    fmt::print(text, "taken back:\n");
    for (const auto& record : undone) fmt::print(text, "  {} {}\n", record.id, shell_line(record.argv));
    KLD_CHECK(snap_roll_root(context, options.change, *target, options.now, options.unverified));
    if (options.change.dry_run) return {};
    for (auto& record : undone) {
        record.result = "undone";
        KLD_CHECK(packages::append(record, context.files));
    }
    return {};
}

Status undo_packages(ToolContext& context, const UndoOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    const auto root = zfs::dataset_at(mounts, "/");
    if (root.empty()) return fail("the root file system is not ZFS", {}, ExitCode::refused);
    KLD_TRY(const auto lock, lock_pool(context, boot::pool_of(root)));
    auto log = packages::read_log(context.files);
    const bool work = be::programs_work(context.runner);
    if (work) {
        KLD_TRY(const auto there, undo_present(context, boot::parent_of(root)));
        packages::follow_snapshots(log, there);
    }
    KLD_TRY(const auto undone, packages::transactions_to_undo(log, {options.id, root, undo_is_pending(context, root)}));
    if (work) return undo_with_programs(context, options, undone);

    const auto snapshot = undone.front().snapshot;
    fmt::print(stderr, "the programs of this system do not start: going on with those of {}\n", snapshot);
    KLD_TRY(const auto mountinfo, context.files.read("/proc/self/mountinfo"));
    KLD_CHECK(be::enter_snapshot(context.files, snapshot));
    be::FilesFromOutside files(mountinfo);
    ToolContext inside{.runner = context.runner,
                       .files = files,
                       .is_root = true,
                       .locks = context.locks,
                       .events = context.events,
                       .chosen = context.chosen};
    auto wish = options;
    wish.now = false;
    KLD_CHECK(undo_with_programs(inside, wish, undone));
    if (options.change.dry_run) return {};
    if (!options.now) {
        fmt::print("restart the machine now: echo b > /proc/sysrq-trigger\n");
        return {};
    }
    // What would stop services in order does not start either.
    KLD_CHECK(context.runner.run({.argv = {"systemctl", "--force", "--force", "reboot"},
                                  .environment = {"SYSTEMD_IGNORE_CHROOT=1", "SYSTEMD_OFFLINE=0"}}));
    return {};
}

}  // namespace

void add_package_undo(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<UndoOptions>();
    auto* verb = app.add_subcommand("undo", "take back a transaction, and all that came after it: the last one, or ID");
    verb->add_option("id", options->id, "of kpkg history");
    verb->add_flag("--now", options->now, "restart the machine at once");
    verb->add_flag("--force-unverified", options->unverified, "also when the check finds that it would not boot");
    options->change.add_to(*verb, false);
    verb->callback(
        [&context, options] { context.run([&context, options] { return undo_packages(context, *options); }); });
}

}  // namespace kld::cmd
