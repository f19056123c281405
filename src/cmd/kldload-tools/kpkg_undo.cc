// SPDX-License-Identifier: BSD-3-Clause
// kpkg undo: the root as it was before a transaction, as a boot environment that boots next.
#include <fmt/core.h>

#include "base/text.h"
#include "be/rescue.h"
#include "kpkg.h"
#include "ksnap.h"
#include "packages/transaction.h"

namespace kld::cmd {
namespace {

struct UndoOptions {
    ChangeOptions change{};
    std::string id{};
    bool now = false, unverified = false;
};

/// The transaction to take back: the one that was named, else the last of this environment that has a way back.
Result<packages::Record> record_to_undo(const std::vector<packages::Record>& log, const std::string& id,
                                        const std::string& root) {
    for (auto record = log.rbegin(); record != log.rend(); ++record) {
        if (!id.empty() ? record->id != id : record->snapshot.empty() || record->result == "undone") continue;
        if (record->environment != root)
            return fail(fmt::format("{} changed {}, and {} runs", record->id, record->environment, root),
                        "boot that one, or kbe activate another one", ExitCode::refused);
        if (record->snapshot.empty())
            return fail(record->id + " has no snapshot: " +
                            (record->result == "nothing" ? "it changed nothing" : "it was made without one"),
                        "kpkg history shows those that have", ExitCode::refused);
        return *record;
    }
    return fail(id.empty() ? "there is no transaction to take back" : "there is no transaction " + id,
                "kpkg history lists them", ExitCode::usage);
}

/// All transactions that go with the chosen one.
std::vector<packages::Record> records_since(const std::vector<packages::Record>& log, const packages::Record& chosen) {
    std::vector<packages::Record> since;
    for (const auto& record : log)
        if (record.environment == chosen.environment && record.time >= chosen.time && record.result != "nothing" &&
            record.result != "undone")
            since.push_back(record);
    return since;
}

/// The rest needs zfs(8), of whichever root it is.
Status undo_with_programs(ToolContext& context, const UndoOptions& options, const packages::Record& chosen,
                          std::vector<packages::Record> undone) {
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
    KLD_CHECK(expect_root());
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    const auto root = zfs::dataset_at(mounts, "/");
    if (root.empty()) return fail("the root file system is not ZFS", {}, ExitCode::refused);
    KLD_TRY(const auto lock, lock_pool(boot::pool_of(root)));
    const auto log = packages::read_log(context.files);
    KLD_TRY(const auto chosen, record_to_undo(log, options.id, root));
    const auto undone = records_since(log, chosen);
    if (be::programs_work(context.runner)) return undo_with_programs(context, options, chosen, undone);

    fmt::print(stderr, "the programs of this system do not start: going on with those of {}\n", chosen.snapshot);
    KLD_TRY(const auto mountinfo, context.files.read("/proc/self/mountinfo"));
    KLD_CHECK(be::enter_snapshot(context.files, chosen.snapshot));
    be::FilesFromOutside files(mountinfo);
    ToolContext inside{context.runner, files, context.events, context.chosen};
    auto wish = options;
    wish.now = false;
    KLD_CHECK(undo_with_programs(inside, wish, chosen, undone));
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
