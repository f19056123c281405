// SPDX-License-Identifier: BSD-3-Clause
// kpkg: verbs that only ask, and `update`, which fetches lists.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "kpkg.h"

namespace kld::cmd {
namespace {

Error native_failed(const std::vector<std::string>& native, int code) {
    return {fmt::format("{} failed with exit code {}", shell_line(native), code)};
}

void print_object(const nlohmann::ordered_json& object) {
    // What a package says of itself need not be UTF-8, and JSON must.
    fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// On the terminal, as the manager has it.
Result<int> ask_native(ToolContext& context, const PackageOptions& options, const std::vector<std::string>& command) {
    KLD_TRY(const auto native, native_command(command, options.words));
    KLD_TRY(const auto code, run_native(context, native, {}, false));
    if (code != 0) return fail(native_failed(native, code));
    return 0;
}

Result<int> update_lists(ToolContext& context, const PackageOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    const auto& native = manager->update;
    if (options.change.dry_run) {
        announce(options.change, {{{"fetch what there is to install", native}}, {}});
        return 0;
    }
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto code, run_native(context, native, {}, options.change.json));
    if (options.change.json) print_object({{"version", 1}, {"manager", manager->name}, {"exit_code", code}});
    const auto& good = manager->update_codes;
    if (code == 0 || std::find(good.begin(), good.end(), code) != good.end()) return 0;
    return fail(native_failed(native, code));
}

Result<int> search_packages(ToolContext& context, const PackageOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    if (!options.change.json) return ask_native(context, options, manager->search);
    KLD_TRY(const auto native, native_command(manager->search, options.words));
    // Some end with 1 when nothing was found, and say nothing then.
    const Command command{.argv = native, .accept = [](int code) { return code == 0 || code == 1; }};
    KLD_TRY(const auto output, context.runner.run(command));
    if (output.exit_code != 0 && !(output.out.empty() && output.err.empty()))
        return fail(command_error(command, fmt::format("exit {}", output.exit_code),
                                  output.err.empty() ? output.out : output.err));
    Table table{{{"package", "PACKAGE"}, {"version", "VERSION"}, {"summary", "SUMMARY"}}, {}};
    for (const auto& found : manager->found(output.out))
        table.rows.push_back({found.package, found.version.empty() ? Cell{} : Cell{found.version}, found.summary});
    fmt::print("{}", to_json(table, "packages"));
    return 0;
}

Result<int> describe_packages(ToolContext& context, const PackageOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    if (!options.change.json) return ask_native(context, options, manager->info);
    KLD_TRY(const auto native,
            native_command(manager->fields.empty() ? manager->info : manager->fields, options.words));
    KLD_TRY(const auto output, context.runner.run({.argv = native}));
    auto all = nlohmann::ordered_json::array();
    for (const auto& stanza : manager->stanzas(output.out)) {
        auto fields = nlohmann::ordered_json::object();
        for (const auto& [field, value] : stanza) fields[field] = value;
        all.push_back(std::move(fields));
    }
    print_object({{"version", 1}, {"packages", std::move(all)}});
    return 0;
}

Result<int> list_packages(ToolContext& context, const PackageOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    if (!options.change.json && !options.tabs && !manager->sorted_list)
        return ask_native(context, options, manager->list);
    KLD_TRY(const auto installed, packages::installed(*manager, context.runner));
    Table table{{{"package", "PACKAGE"}, {"version", "VERSION"}}, {}};
    for (const auto& [name, version] : installed)
        if (options.words.empty() || contains(options.words, name)) table.rows.push_back({name, version});
    fmt::print("{}", options.change.json ? to_json(table, "packages")
                     : options.tabs      ? to_tabs(table)
                                         : to_columns(table));
    return 0;
}

Result<int> show_history(ToolContext& context, const PackageOptions& options) {
    auto records = packages::read_log(context.files);
    if (!options.words.empty()) {
        for (const auto& record : records) {
            if (record.id != options.words[0]) continue;
            if (options.change.json) {
                fmt::print("{}\n", packages::to_line(record));
                return 0;
            }
            fmt::print("{} {} by {}: {}\n{}\n", record.id, local_time(record.time), record.user, record.result,
                       shell_line(record.argv));
            show_package_changes(record);
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
    fmt::print("{}", options.change.json ? to_json(table, "transactions")
                     : options.tabs      ? to_tabs(table)
                                         : to_columns(table));
    return 0;
}

CLI::App* add_package_question(CLI::App& app, ToolContext& context, const PackageOptionsPtr& options, const char* name,
                               const char* summary, Result<int> (*ask)(ToolContext&, const PackageOptions&)) {
    auto* verb = app.add_subcommand(name, summary);
    verb->callback(
        [&context, options, ask] { context.chosen([&context, options, ask] { return ask(context, *options); }); });
    return verb;
}

CLI::App* add_package_listing(CLI::App& app, ToolContext& context, const PackageOptionsPtr& options, const char* name,
                              const char* summary, Result<int> (*show)(ToolContext&, const PackageOptions&)) {
    auto* verb = add_package_question(app, context, options, name, summary, show);
    verb->add_flag("-H", options->tabs, "no titles, a tab between columns: for scripts");
    verb->add_flag("--json", options->change.json, "print JSON");
    return verb;
}

}  // namespace

void add_package_questions(CLI::App& app, ToolContext& context) {
    {
        auto options = std::make_shared<PackageOptions>();
        auto* verb =
            add_package_question(app, context, options, "update", "fetch what there is to install", update_lists);
        verb->add_flag("--dry-run", options->change.dry_run, "show what would be done");
        verb->add_flag("--json", options->change.json,
                       "print how it ended as JSON, with --dry-run the plan; the native tool's words go to stderr");
    }
    {
        auto options = std::make_shared<PackageOptions>();
        auto* verb = add_package_question(app, context, options, "search", "look for packages", search_packages);
        verb->add_option("words", options->words, "names or words")->required();
        verb->add_flag("--json", options->change.json, "print JSON");
    }
    {
        auto options = std::make_shared<PackageOptions>();
        auto* verb = add_package_question(app, context, options, "info", "what a package is", describe_packages);
        verb->add_option("words", options->words, "names")->required();
        verb->add_flag("--json", options->change.json, "print JSON: the fields that the native tool has");
    }
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
}

}  // namespace kld::cmd
