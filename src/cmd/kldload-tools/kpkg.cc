// SPDX-License-Identifier: BSD-3-Clause
// kpkg: one set of words for every package manager, and a way back from each change.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "boot/dataset.h"
#include "kpkg.h"
#include "packages/hook_run.h"
#include "packages/hooks.h"
#include "tools.h"

namespace kld::cmd {
namespace {

struct PackageOptions {
    std::vector<std::string> words{};
    bool json = false, tabs = false, dry_run = false, unprotected = false;
    std::size_t last = 0;
};
using PackageOptionsPtr = std::shared_ptr<PackageOptions>;

/// The native tool on the terminal; with --json its words go to stderr, since stdout is for ours.
Result<int> run_native(const std::vector<std::string>& command, const std::string& transaction, bool json) {
    Foreground child{.argv = command, .stdout_fd = json ? 2 : -1, .outlives_us = true};
    if (!transaction.empty())
        child.environment.push_back(fmt::format("{}={}", packages::kTransactionVariable, transaction));
    return run_in_foreground(child);
}

std::vector<std::string> with_words(std::vector<std::string> command, const std::vector<std::string>& words) {
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

/// What a person names must not become an option of the native tool by accident.
Status expect_names(const std::vector<std::string>& words) {
    for (const auto& word : words)
        if (word.empty() || word.front() == '-')
            return fail("'" + word + "' is no package's name",
                        "options of the native tool are not passed on: call it by itself", ExitCode::usage);
    return {};
}

void show_change(const packages::Record& record) {
    for (const auto& change : record.changes)
        fmt::print("  {}: {} -> {}\n", change.package, change.before.value_or("(none)"),
                   change.after.value_or("(none)"));
}

Result<int> change_packages(ToolContext& context, const PackageOptions& options, const std::string& verb,
                            std::vector<std::string> packages::Manager::*command) {
    KLD_CHECK(expect_names(options.words));
    KLD_TRY(const auto machine, packages::probe_machine(context.runner, context.files, options.unprotected));
    const auto native = with_words(machine.manager->*command, options.words);
    if (options.dry_run) {
        if (!options.unprotected) fmt::print("zfs snapshot {}@kpkg-...\n", machine.root);
        fmt::print("{}\n", shell_line(native));
        return 0;
    }
    KLD_CHECK(expect_root(context));
    const auto events = context.events();
    KLD_TRY(const auto lock, lock_pool(context, machine.root.empty() ? "kpkg" : boot::pool_of(machine.root)));
    if (!options.unprotected && boot::pool_of(machine.log_dataset) == boot::pool_of(machine.root) &&
        machine.log_dataset == machine.root)
        events->warning("/var/log lies in the root dataset: the log of transactions goes back with it");
    KLD_TRY(auto begun, packages::begin(machine, context.runner, context.files, *events,
                                        with_words({"kpkg", verb}, options.words), options.unprotected));
    const auto id = begun.record.id;
    auto code = run_native(native, id, options.json);
    if (!code) events->warning(code.error().message);
    KLD_TRY(const auto record,
            packages::finish(machine, context.runner, context.files, *events, std::move(begun), code ? *code : 127));
    if (options.json) fmt::print("{}\n", packages::to_line(record));
    const auto half = packages::half_done(record.changes);
    if (record.exit_code != 0 || !half.empty()) {
        Error error{record.exit_code != 0
                        ? fmt::format("{} failed with exit code {}", shell_line(native), record.exit_code)
                        : fmt::format("{} left packages half done: {}", shell_line(native), join(half, ", "))};
        if (!record.snapshot.empty()) error.hint = fmt::format("kpkg undo {} takes back what it changed", record.id);
        return fail(std::move(error));
    }
    if (!options.json && !record.changes.empty()) {
        fmt::print("{}:\n", record.id);
        show_change(record);
        if (!record.snapshot.empty()) fmt::print("kpkg undo {} takes it back\n", record.id);
    }
    return 0;
}

/// Verbs that only ask, and `update`, which fetches lists.
Result<int> ask_native(ToolContext& context, const PackageOptions& options,
                       std::vector<std::string> packages::Manager::*command, const std::vector<int>& good) {
    KLD_CHECK(expect_names(options.words));
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    const auto native = with_words(manager->*command, options.words);
    KLD_TRY(const auto code, run_native(native, {}, false));
    if (code == 0 || std::find(good.begin(), good.end(), code) != good.end()) return 0;
    return fail(fmt::format("{} failed with exit code {}", shell_line(native), code));
}

Result<int> list_packages(ToolContext& context, const PackageOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    if (!options.json && !options.tabs && !manager->sorted_list)
        return ask_native(context, options, &packages::Manager::list, {});
    KLD_TRY(const auto installed, packages::installed(*manager, context.runner));
    Table table{{{"package", "PACKAGE"}, {"version", "VERSION"}}, {}};
    for (const auto& [name, version] : installed)
        if (options.words.empty() || contains(options.words, name)) table.rows.push_back({name, version});
    fmt::print("{}", options.json ? to_json(table, "packages") : options.tabs ? to_tabs(table) : to_columns(table));
    return 0;
}

Result<int> show_history(ToolContext& context, const PackageOptions& options) {
    auto records = packages::read_log(context.files);
    if (!options.words.empty()) {
        for (const auto& record : records) {
            if (record.id != options.words[0]) continue;
            if (options.json) {
                fmt::print("{}\n", packages::to_line(record));
                return 0;
            }
            fmt::print("{} {} by {}: {}\n{}\n", record.id, local_time(record.time), record.user, record.result,
                       shell_line(record.argv));
            show_change(record);
            return 0;
        }
        return fail("there is no transaction " + options.words[0], "kpkg history lists them", ExitCode::usage);
    }
    std::erase_if(records, [](const auto& record) { return record.result == "nothing"; });
    if (options.last > 0 && records.size() > options.last)
        records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(options.last));
    Table table{{{"id", "ID"},
                 {"time", "TIME", Unit::time},
                 {"user", "USER"},
                 {"result", "RESULT"},
                 {"packages", "PACKAGES", Unit::number},
                 {"command", "COMMAND"},
                 {"snapshot", "SNAPSHOT"}},
                {}};
    for (const auto& record : records)
        table.rows.push_back({record.id, record.time, record.user, record.result,
                              static_cast<std::uint64_t>(record.changes.size()), shell_line(record.argv),
                              record.snapshot});
    fmt::print("{}", options.json ? to_json(table, "transactions") : options.tabs ? to_tabs(table) : to_columns(table));
    return 0;
}

/// Called by a manager that a person called.
Status called_by_manager(ToolContext& context, const std::string& when) {
    if (std::getenv(packages::kTransactionVariable) != nullptr) return {};  // kpkg has its own snapshot
    KLD_TRY(const auto machine, packages::probe_for_hooks(context.runner, context.files));
    const auto run = packages::run_of(context.files, ::getppid());
    const auto events = context.events();
    if (when == "before") return packages::before_packages(machine, context.runner, context.files, *events, run);
    return packages::after_packages(machine, context.runner, context.files, *events, run, when == "failed");
}

Status switch_hooks(ToolContext& context, const std::string& to) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    KLD_TRY(const auto hooks, packages::hook_files(*manager, context.files));
    if (to == "status") {
        const bool on = std::all_of(hooks.begin(), hooks.end(), [&](const auto& hook) {
            return context.files.read(hook.path).value_or("") == hook.text;
        });
        fmt::print("{}\n", on ? "on" : "off");
        return {};
    }
    KLD_CHECK(expect_root(context));
    if (to == "off") return packages::remove_hooks(hooks, context.files);
    KLD_CHECK(packages::probe_for_hooks(context.runner, context.files));
    return packages::write_hooks(hooks, context.files);
}

struct PackageChange {
    const char* name;
    const char* summary;
    std::vector<std::string> packages::Manager::*command;
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
        verb->add_flag("--dry-run", options->dry_run, "show what would be run");
        verb->add_flag("--json", options->json, "print the record as JSON; the native tool's words go to stderr");
        verb->add_flag("--force-no-snapshot", options->unprotected, "without a way back");
        verb->callback([&context, options, change] {
            context.chosen([&context, options, change] {
                return change_packages(context, *options, change.name, change.command);
            });
        });
    }
}

void add_package_questions(CLI::App& app, ToolContext& context) {
    struct Question {
        const char* name;
        const char* summary;
        std::vector<std::string> packages::Manager::*command;
        bool names;
    };
    for (const auto& question :
         {Question{"update", "fetch what there is to install", &packages::Manager::update, false},
          Question{"search", "look for packages", &packages::Manager::search, true},
          Question{"info", "what a package is", &packages::Manager::info, true}}) {
        auto options = std::make_shared<PackageOptions>();
        auto* verb = app.add_subcommand(question.name, question.summary);
        if (question.names) verb->add_option("words", options->words, "names or words")->required();
        verb->callback([&context, options, question] {
            context.chosen([&context, options, question]() -> Result<int> {
                std::vector<int> good;
                if (std::string_view(question.name) == "update") {
                    KLD_CHECK(expect_root(context));
                    KLD_TRY(const auto* manager, packages::find_manager(context.files));
                    good = manager->update_codes;
                }
                return ask_native(context, *options, question.command, good);
            });
        });
    }
}

CLI::App* add_package_listing(CLI::App& app, ToolContext& context, const PackageOptionsPtr& options, const char* name,
                              const char* summary, Result<int> (*show)(ToolContext&, const PackageOptions&)) {
    auto* verb = app.add_subcommand(name, summary);
    verb->add_flag("-H", options->tabs, "no titles, a tab between columns: for scripts");
    verb->add_flag("--json", options->json, "print JSON");
    verb->callback(
        [&context, options, show] { context.chosen([&context, options, show] { return show(context, *options); }); });
    return verb;
}

}  // namespace

void add_kpkg(CLI::App& app, ToolContext& context) {
    add_package_changes(app, context);
    add_package_questions(app, context);
    {
        auto options = std::make_shared<PackageOptions>();
        add_package_listing(app, context, options, "list", "what is installed", list_packages)
            ->add_option("packages", options->words, "these alone");
    }
    {
        auto options = std::make_shared<PackageOptions>();
        auto* verb =
            add_package_listing(app, context, options, "history", "transactions, or what one changed", show_history);
        verb->add_option("id", options->words, "one transaction")->expected(0, 1);
        verb->add_option("-n", options->last, "the last N alone");
    }
    add_package_undo(app, context);
    auto hook = std::make_shared<std::string>();
    auto* called = app.add_subcommand("hook", "called by a package manager")->group("");
    called->add_option("when", *hook, "before, after or failed")
        ->required()
        ->check(CLI::IsMember({"before", "after", "failed"}));
    called->callback([&context, hook] { context.run([&context, hook] { return called_by_manager(context, *hook); }); });
    auto to = std::make_shared<std::string>("status");
    auto* hooks = app.add_subcommand("hooks", "also for who calls the native tool by itself: on, off, status");
    hooks->add_option("to", *to, "on, off or status")->check(CLI::IsMember({"on", "off", "status"}));
    hooks->callback([&context, to] { context.run([&context, to] { return switch_hooks(context, *to); }); });
}

}  // namespace kld::cmd
