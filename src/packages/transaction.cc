// SPDX-License-Identifier: BSD-3-Clause
#include "packages/transaction.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"
#include "zfs/names.h"
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

Result<std::string> take_snapshot(Runner& runner, const std::string& root, const Purpose& purpose, std::time_t now) {
    KLD_TRY(const auto there,
            zfs::list(runner, {.root = root, .types = {"snapshot"}, .properties = {"name"}, .depth = 1}));
    const auto id = zfs::stamped(purpose.prefix, now, [&](const std::string& name) {
        for (const auto& row : there)
            if (row[0] == root + "@" + name) return true;
        return false;
    });
    const auto snapshot = root + "@" + id;
    if (auto made = runner.run({.argv = {"zfs", "snapshot", "-o", "org.kldload:reason=" + purpose.reason, "-o",
                                         std::string(kTransaction) + "=" + id, snapshot}});
        !made)
        return fail(std::move(made.error()).within("no snapshot of " + root + " could be taken"));
    return snapshot;
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
    KLD_TRY(begun.before, installed(*machine.manager, runner));
    record.result = "begun";
    if (unprotected) {
        record.id = zfs::stamped(purpose.prefix, now, [](const std::string&) { return false; });
        write_down(record, files, events);
        return begun;
    }
    auto snapshot = take_snapshot(runner, machine.root, purpose, now);
    if (!snapshot) {
        auto error = std::move(snapshot.error());
        error.details.emplace_back("the package manager was not started; nothing changed");
        error.hint = "kst --space shows what holds the pool; --force-no-snapshot goes ahead without a way back";
        return fail(std::move(error));
    }
    record.snapshot = *snapshot;
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
