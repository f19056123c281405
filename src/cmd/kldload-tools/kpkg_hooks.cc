// SPDX-License-Identifier: BSD-3-Clause
// kpkg hooks: the same protection for who calls the native tool by itself.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "kpkg.h"
#include "packages/hook_run.h"
#include "packages/hooks.h"

namespace kld::cmd {
namespace {

struct HookOptions {
    ChangeOptions change{};
    std::string to = "status";
};

/// Called by a manager that a person called.
Status called_by_manager(ToolContext& context, const std::string& when) {
    if (std::getenv(packages::kTransactionVariable) != nullptr) return {};  // kpkg has its own snapshot
    KLD_TRY(const auto machine, packages::probe_for_hooks(context.runner, context.files));
    const auto run = packages::run_of(context.files, ::getppid());
    const auto events = context.events();
    if (when == "before") return packages::before_packages(machine, context.runner, context.files, *events, run);
    return packages::after_packages(machine, context.runner, context.files, *events, run, when == "failed");
}

void show_hooks(ToolContext& context, const HookOptions& options, const packages::Manager& manager,
                const std::vector<packages::HookFile>& hooks) {
    const bool on = std::all_of(hooks.begin(), hooks.end(), [&](const auto& hook) {
        return context.files.read(hook.path).value_or("") == hook.text;
    });
    if (!options.change.json) {
        fmt::print("{}\n", on ? "on" : "off");
        return;
    }
    auto paths = nlohmann::ordered_json::array();
    for (const auto& hook : hooks) paths.push_back(hook.path);
    const nlohmann::ordered_json object{{"version", 1}, {"manager", manager.name}, {"on", on}, {"files", paths}};
    fmt::print("{}\n", object.dump(2));
}

Status switch_hooks(ToolContext& context, const HookOptions& options) {
    KLD_TRY(const auto* manager, packages::find_manager(context.files));
    KLD_TRY(const auto hooks, packages::hook_files(*manager, context.files));
    if (options.to == "status") {
        show_hooks(context, options, *manager, hooks);
        return {};
    }
    const bool on = options.to == "on";
    if (!options.change.dry_run) KLD_CHECK(expect_root(context));
    if (on) KLD_CHECK(packages::probe_for_hooks(context.runner, context.files));
    if (!announce(options.change,
                  on ? packages::plan_write_hooks(hooks) : packages::plan_remove_hooks(hooks, context.files)))
        return {};
    return on ? packages::write_hooks(hooks, context.files) : packages::remove_hooks(hooks, context.files);
}

}  // namespace

void add_package_hooks(CLI::App& app, ToolContext& context) {
    auto when = std::make_shared<std::string>();
    auto* called = app.add_subcommand("hook", "called by a package manager")->group("");
    called->add_option("when", *when, "before, after or failed")
        ->required()
        ->check(CLI::IsMember({"before", "after", "failed"}));
    called->callback([&context, when] { context.run([&context, when] { return called_by_manager(context, *when); }); });
    auto options = std::make_shared<HookOptions>();
    auto* verb = app.add_subcommand("hooks", "also for who calls the native tool by itself: on, off, status");
    verb->add_option("to", options->to, "on, off or status")->check(CLI::IsMember({"on", "off", "status"}));
    verb->add_flag("--dry-run", options->change.dry_run, "show what would be done");
    verb->add_flag("--json", options->change.json, "print the plan as JSON; of status, what it is");
    verb->callback(
        [&context, options] { context.run([&context, options] { return switch_hooks(context, *options); }); });
}

}  // namespace kld::cmd
