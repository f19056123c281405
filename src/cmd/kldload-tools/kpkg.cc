// SPDX-License-Identifier: BSD-3-Clause
// kpkg: one set of words for every package manager, and a way back from each change.
#include "kpkg.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/dataset.h"

namespace kld::cmd {
namespace {

Result<int> change_packages(ToolContext& context, const PackageOptions& options, const std::string& verb,
                            PackageCommand command) {
    KLD_CHECK(native_command({}, options.words));  // what is no name is no name on any machine
    KLD_TRY(const auto machine, packages::probe_machine(context.runner, context.files, options.unprotected));
    KLD_TRY(const auto native, native_command(machine.manager->*command, options.words));
    if (options.change.dry_run) {
        announce(options.change, packages::plan_transaction(machine, native, options.unprotected, std::time(nullptr)));
        return 0;
    }
    KLD_CHECK(expect_root(context));
    const auto events = context.events();
    KLD_TRY(const auto lock, lock_pool(context, machine.root.empty() ? "kpkg" : boot::pool_of(machine.root)));
    if (!options.unprotected && boot::pool_of(machine.log_dataset) == boot::pool_of(machine.root) &&
        machine.log_dataset == machine.root)
        events->warning("/var/log lies in the root dataset: the log of transactions goes back with it");
    std::vector<std::string> said{"kpkg", verb};
    said.insert(said.end(), options.words.begin(), options.words.end());
    KLD_TRY(auto begun, packages::begin(machine, context.runner, context.files, *events, said, options.unprotected));
    const auto id = begun.record.id;
    auto code = run_native(context, native, id, options.change.json);
    if (!code) events->warning(code.error().message);
    KLD_TRY(const auto record,
            packages::finish(machine, context.runner, context.files, *events, std::move(begun), code ? *code : 127));
    if (options.change.json) fmt::print("{}\n", packages::to_line(record));
    const auto half = packages::half_done(record.changes);
    if (record.exit_code != 0 || !half.empty()) {
        Error error{record.exit_code != 0
                        ? fmt::format("{} failed with exit code {}", shell_line(native), record.exit_code)
                        : fmt::format("{} left packages half done: {}", shell_line(native), join(half, ", "))};
        if (!record.snapshot.empty()) error.hint = fmt::format("kpkg undo {} takes back what it changed", record.id);
        return fail(std::move(error));
    }
    if (!options.change.json && !record.changes.empty()) {
        fmt::print("{}:\n", record.id);
        show_package_changes(record);
        if (!record.snapshot.empty()) fmt::print("kpkg undo {} takes it back\n", record.id);
    }
    return 0;
}

struct PackageChange {
    const char* name;
    const char* summary;
    PackageCommand command;
    bool needs_names;
};

void add_package_changes(CLI::App& app, ToolContext& context) {
    for (const auto& change :
         {PackageChange{"install", "install packages", &packages::Manager::install, true},
          PackageChange{"remove", "remove packages", &packages::Manager::remove, true},
          PackageChange{"upgrade", "bring all packages up to date", &packages::Manager::upgrade, false}}) {
        auto options = std::make_shared<PackageOptions>();
        auto* verb = app.add_subcommand(change.name, change.summary);
        if (change.needs_names) verb->add_option("packages", options->words, "names")->required();
        verb->add_flag("--dry-run", options->change.dry_run, "show what would be done");
        verb->add_flag("--json", options->change.json,
                       "print the record as JSON, with --dry-run the plan; the native tool's words go to stderr");
        verb->add_flag("--force-no-snapshot", options->unprotected, "without a way back");
        verb->callback([&context, options, change] {
            context.chosen([&context, options, change] {
                return change_packages(context, *options, change.name, change.command);
            });
        });
    }
}

}  // namespace

Result<int> run_native(ToolContext& context, const std::vector<std::string>& command, const std::string& transaction,
                       bool json) {
    Foreground child{.argv = command, .stdout_fd = json ? 2 : -1, .outlives_us = true};
    if (!transaction.empty())
        child.environment.push_back(fmt::format("{}={}", packages::kTransactionVariable, transaction));
    return context.foreground(child);
}

Result<std::vector<std::string>> native_command(const std::vector<std::string>& command,
                                                const std::vector<std::string>& words) {
    auto whole = command;
    for (const auto& word : words) {
        if (word.empty() || word.front() == '-')
            return fail("'" + word + "' is no package's name",
                        "options of the native tool are not passed on: call it by itself", ExitCode::usage);
        whole.push_back(word);
    }
    return whole;
}

void show_package_changes(const packages::Record& record) {
    for (const auto& change : record.changes)
        fmt::print("  {}: {} -> {}\n", change.package, change.before.value_or("(none)"),
                   change.after.value_or("(none)"));
}

void add_kpkg(CLI::App& app, ToolContext& context) {
    add_package_changes(app, context);
    add_package_questions(app, context);
    add_package_undo(app, context);
    add_package_hooks(app, context);
}

}  // namespace kld::cmd
