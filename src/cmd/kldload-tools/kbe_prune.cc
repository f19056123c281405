// SPDX-License-Identifier: BSD-3-Clause
// kbe prune: old boot environments that kldload made by itself.
#include <fmt/core.h>

#include "kbe.h"
#include "prune_options.h"
#include "snap/prune_environments.h"

namespace kld::cmd {
namespace {

struct BePruneOptions {
    ChangeOptions change{};
    PruneOptions rules{};
};

Status be_prune(ToolContext& context, const BePruneOptions& options) {
    const std::string what = "boot environments";
    KLD_CHECK(prune_policy(options.rules, {}, what));
    KLD_TRY(auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto space, snap::read_pool_space(context.runner, change.world.pool));
    KLD_TRY(const auto policy, prune_policy(options.rules, space, what));
    KLD_TRY(change.world.snapshots, snap::read_snapshots(context.runner, change.world.container, snap::Depth::below));
    KLD_TRY(const auto pruning, snap::plan_prune_environments(change.world, policy, space));
    print_pruning(snap::list_decisions(pruning.decisions), what, options.change);
    if (options.change.dry_run) return {};
    const auto events = context.events();
    PartEvents part(*events);
    std::vector<std::string> stay;
    for (const auto& plan : pruning.plans)
        if (auto done = zfs::apply(plan, context.runner, part); !done) stay.push_back(done.error().message);
    events->finish();
    if (stay.empty()) return {};
    return fail(
        Error{fmt::format("{} of {} boot environments could not be destroyed", stay.size(), pruning.plans.size()),
              std::move(stay), "what uses them (a shell of kbe run?) keeps them: kbe prune tries again"});
}

}  // namespace

void add_be_prune(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BePruneOptions>();
    auto* verb = app.add_subcommand("prune", "destroy old ones that kupgrade, kpkg undo and ksnap rollback made");
    options->rules.add_to(*verb, "reason");
    options->change.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return be_prune(context, *options); }); });
}

}  // namespace kld::cmd
