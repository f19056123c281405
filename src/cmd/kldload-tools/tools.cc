// SPDX-License-Identifier: BSD-3-Clause
#include "tools.h"

#include <fmt/core.h>

#include <cstdio>

#include "base/text.h"

namespace kld::cmd {
namespace {

/// Of a pool; its directory is there afterwards.
Result<std::string> lock_file(const ToolContext& context, const std::string& pool) {
    KLD_CHECK(RealFiles().make_directories(context.locks));
    return fmt::format("{}/pool.{}.lock", context.locks, pool);
}

}  // namespace

const std::vector<Tool>& all_tools() {
    static const std::vector<Tool> tools{
        {"kbe", "boot environments: create, list, activate, mount, rename, destroy", add_kbe, "kbe list -H | cut -f1"},
        {"kclone", "a second one of a dataset or a directory, in no time and space", add_kclone},
        {"kdf", "file systems with their datasets: used, free, compressed, limited", add_kdf},
        {"kdir", "make directories that are datasets", add_kdir},
        {"kexport", "the running system as a disk image, with an identity of its own", add_kexport},
        {"kpkg", "packages: install, remove, upgrade, search, history", add_kpkg},
        {"krecovery", "a system that does not boot, from any other that has ZFS", add_krecovery,
         "krecovery list -H | cut -f1"},
        {"ksnap", "snapshots: create, list, diff, restore, rollback, destroy, hold, prune", add_ksnap,
         "ksnap list -H | cut -f1"},
        {"kst", "how this machine is: pools, snapshots, boot environments, memory, services", add_kst},
        {"kupgrade", "all packages up to date, with a proof that the result boots or a way back", add_kupgrade},
    };
    return tools;
}

void add_verbs(CLI::App& app, ToolContext& context, const std::vector<Verbs>& all) {
    for (const auto& verbs : all)
        if (contains(verbs.names, context.first_word)) return verbs.add(app, context);
    for (const auto& verbs : all) verbs.add(app, context);
}

void ListOutput::add_to(CLI::App& verb) {
    verb.add_flag("-H", tabs, "no titles, a tab between columns, plain numbers: for scripts");
    verb.add_flag("--json", json, "print JSON");
}

void ListOutput::print(const Table& table, const std::string& name, std::size_t shown) const {
    if (json) {
        fmt::print("{}", to_json(table, name));
        return;
    }
    Table some = table;
    some.columns.resize(std::min(shown, some.columns.size()));
    for (auto& row : some.rows) row.resize(some.columns.size());
    fmt::print("{}", tabs ? to_tabs(some) : to_columns(some));
}

void ChangeOptions::add_to(CLI::App& verb, bool with_pool) {
    verb.add_flag("--dry-run", dry_run, "show what would be done");
    verb.add_flag("--json", json, "print the plan as JSON");
    if (with_pool) verb.add_option("--pool", pool, "where / is on no pool, or on another one");
}

Result<Lock> lock_pool(const ToolContext& context, const std::string& pool) {
    KLD_TRY(const auto path, lock_file(context, pool));
    return Lock::try_take(path, "another change of the pool " + pool + " is under way");
}

Result<Lock> wait_for_pool(const ToolContext& context, const std::string& pool) {
    KLD_TRY(const auto path, lock_file(context, pool));
    return Lock::wait_for(path);
}

Status expect_root(const ToolContext& context) {
    if (context.is_root) return {};
    return fail("only root may do that", "sudo, or doas, in front of the command", ExitCode::refused);
}

bool announce(const ChangeOptions& options, const zfs::Plan& plan) {
    if (options.json)
        fmt::print("{}", zfs::to_json(plan));
    else if (options.dry_run)
        fmt::print("{}", zfs::to_text(plan));
    return !options.dry_run;
}

Status carry_out(ToolContext& context, const ChangeOptions& options, const zfs::Plan& plan, const std::string& said,
                 const std::vector<zfs::Step>& own) {
    auto shown = plan;
    shown.steps.insert(shown.steps.end(), own.begin(), own.end());
    if (!announce(options, shown)) return {};
    const auto events = context.events();
    KLD_CHECK(zfs::apply(plan, context.runner, *events));
    if (!options.json && !said.empty()) fmt::print("{}\n", said);
    return {};
}

void print_pruning(Table decisions, const std::string& what, const ChangeOptions& options) {
    if (options.json) {
        fmt::print("{}", to_json(decisions, what));
        return;
    }
    constexpr std::size_t kGoes = 4;
    const auto all = decisions.rows.size();
    std::erase_if(decisions.rows, [](const std::vector<Cell>& row) { return !std::get<bool>(row[kGoes]); });
    decisions.columns.resize(kGoes);
    for (auto& row : decisions.rows) row.resize(kGoes);
    fmt::print("{}{} of {} {} that kldload made {}\n", to_columns(decisions), decisions.rows.size(), all, what,
               options.dry_run ? "would go" : "go");
}

}  // namespace kld::cmd
