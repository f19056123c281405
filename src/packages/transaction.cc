// SPDX-License-Identifier: BSD-3-Clause
#include "packages/transaction.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "zfs/names.h"
#include "zfs/properties.h"
#include "zfs/query.h"

namespace kld::packages {
namespace {

/// The dataset under a path; empty when that is none.
std::string dataset_under(const std::vector<zfs::Mount>& mounts, const std::string& path) {
    const auto* mount = zfs::mount_of(mounts, path);
    return mount != nullptr && mount->type == "zfs" ? mount->source : std::string{};
}

}  // namespace

void write_down(const Record& record, Files& files, Events& events) {
    if (const auto written = append(record, files); !written)
        events.warning("the transaction is not in the log: " + written.error().message);
}

void drop_snapshot(Record& record, Runner& runner, Events& events) {
    if (record.snapshot.empty()) return;
    if (const auto dropped = runner.run({.argv = {"zfs", "destroy", record.snapshot}}))
        record.snapshot.clear();
    else
        events.warning("the snapshot " + record.snapshot + " stays: " + dropped.error().message);
}

Result<Machine> probe_machine(Runner& runner, Files& files, bool unprotected) {
    KLD_TRY(const auto* manager, find_manager(files));
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    Machine machine{manager, zfs::dataset_at(mounts, "/"), dataset_under(mounts, "/var/log")};
    if (unprotected) return machine;
    if (machine.root.empty())
        return fail("the root file system is not ZFS, so there is no way back from a change of packages",
                    "--force-no-snapshot goes ahead without one", ExitCode::refused);
    for (const auto& database : manager->databases) {
        if (!files.exists(database)) continue;
        // Where a distribution has moved its database, the old place is a link.
        KLD_TRY(const auto real, runner.run({.argv = {"readlink", "-f", database}}));
        const auto dataset = dataset_under(mounts, std::string(trim(real.out)));
        if (dataset != machine.root)
            return fail(fmt::format("{} lies on {}, and / on {}: a snapshot of / would not hold what is installed",
                                    database, dataset.empty() ? "no dataset" : dataset, machine.root),
                        "move it into the root dataset; --force-no-snapshot goes ahead without a way back",
                        ExitCode::refused);
    }
    return machine;
}

Result<Machine> probe_for_hooks(Runner& runner, Files& files) {
    return probe_machine(runner, files, false).map_error([](Error error) {
        return std::move(error).with_hint("without kpkg's hooks packages change without a snapshot: kpkg hooks off");
    });
}

Result<Packages> installed(const Manager& manager, Runner& runner) {
    KLD_TRY(const auto output, runner.run({.argv = manager.installed}));
    return manager.parse(output.out);
}

std::string who() {
    for (const auto* variable : {"SUDO_USER", "DOAS_USER", "LOGNAME", "USER"})
        if (const char* name = std::getenv(variable); name != nullptr && *name != '\0') return name;
    return std::to_string(::getuid());
}

namespace {

Command snapshot_command(const std::string& snapshot, const Purpose& purpose) {
    return {.argv = {"zfs", "snapshot", "-o", std::string(zfs::kReason) + "=" + purpose.reason, "-o",
                     std::string(kTransaction) + "=" + zfs::split_snapshot(snapshot).snapshot, snapshot}};
}

/// Its name when nothing else is called so, which nearly always is the case.
std::string first_name(const std::string& root, const Purpose& purpose, std::time_t now) {
    return root + "@" + zfs::stamped(purpose.prefix, now, [](const std::string&) { return false; });
}

/// ZFS was asked for the first name, and gave this answer: another one is taken when that is in use.
Result<std::string> after_first_name(Runner& runner, const std::string& root, const Purpose& purpose, std::time_t now,
                                     const Result<Output>& answer) {
    auto snapshot = first_name(root, purpose, now);
    if (answer) return snapshot;
    const auto refused = [&](Error error) {
        return fail(std::move(error).within("no snapshot of " + root + " could be taken"));
    };
    const auto there = zfs::list(runner, {.root = root, .types = {"snapshot"}, .properties = {"name"}, .depth = 1});
    const auto is_there = [&](const std::string& name) {
        return there && std::ranges::any_of(*there, [&](const auto& row) { return row[0] == root + "@" + name; });
    };
    if (!is_there(zfs::split_snapshot(snapshot).snapshot)) return refused(answer.error());
    snapshot = root + "@" + zfs::stamped(purpose.prefix, now, is_there);
    if (auto made = runner.run(snapshot_command(snapshot, purpose)); !made) return refused(made.error());
    return snapshot;
}

}  // namespace

Result<std::string> take_snapshot(Runner& runner, const std::string& root, const Purpose& purpose, std::time_t now) {
    return after_first_name(runner, root, purpose, now,
                            runner.run(snapshot_command(first_name(root, purpose, now), purpose)));
}

zfs::Plan plan_transaction(const Machine& machine, const std::vector<std::string>& native, bool unprotected,
                           std::time_t now) {
    zfs::Plan plan;
    if (!unprotected) {
        const auto snapshot = first_name(machine.root, {}, now);
        plan.steps.push_back({"snapshot " + snapshot, snapshot_command(snapshot, {}).argv});
    }
    plan.steps.push_back({"change packages", native});
    return plan;
}

Result<Begun> begin(const Machine& machine, Runner& runner, Files& files, Events& events,
                    const std::vector<std::string>& argv, bool unprotected, const Purpose& purpose) {
    Begun begun;
    auto& record = begun.record;
    const auto now = std::time(nullptr);
    record.time = static_cast<std::uint64_t>(now);
    record.user = who();
    record.argv = argv;
    record.manager = machine.manager->name;
    record.environment = machine.root;
    record.result = "begun";
    if (unprotected) {
        KLD_TRY(begun.before, installed(*machine.manager, runner));
        record.id = zfs::stamped(purpose.prefix, now, [](const std::string&) { return false; });
        write_down(record, files, events);
        return begun;
    }
    // Neither waits for the other.
    const auto answers = runner.run_all(
        {{.argv = machine.manager->installed}, snapshot_command(first_name(machine.root, purpose, now), purpose)});
    auto snapshot = after_first_name(runner, machine.root, purpose, now, answers[1]);
    if (!snapshot) {
        auto error = std::move(snapshot.error());
        error.details.emplace_back("the package manager was not started; nothing changed");
        error.hint = "kst --space shows what holds the pool; --force-no-snapshot goes ahead without a way back";
        return fail(std::move(error));
    }
    record.snapshot = *snapshot;
    if (!answers[0]) {
        drop_snapshot(record, runner, events);
        return fail(answers[0].error());
    }
    begun.before = machine.manager->parse(answers[0]->out);
    record.id = zfs::split_snapshot(*snapshot).snapshot;
    write_down(record, files, events);
    return begun;
}

Result<Record> finish(const Machine& machine, Runner& runner, Files& files, Events& events, Begun begun,
                      int exit_code) {
    auto& record = begun.record;
    record.exit_code = exit_code;
    record.result = exit_code == 0 ? "done" : "failed";
    // A database that cannot be read after the work is a reason to keep the snapshot, and no reason to lose the record.
    auto after = installed(*machine.manager, runner);
    if (after) {
        record.changes = changes_between(begun.before, *after);
        if (!half_done(record.changes).empty()) record.result = "failed";
    } else {
        events.warning("what is installed now could not be read: " + after.error().message);
        record.result = "failed";
    }
    // A manager that failed may have changed files, whatever its database says.
    if (after && exit_code == 0 && record.changes.empty()) {
        drop_snapshot(record, runner, events);
        record.result = "nothing";
    }
    write_down(record, files, events);
    return record;
}

}  // namespace kld::packages
