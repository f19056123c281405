// SPDX-License-Identifier: BSD-3-Clause
// kbe prune: old boot environments that kldload made by itself.
#include <fmt/core.h>

#include "base/age.h"
#include "base/text.h"
#include "kbe.h"
#include "snap/prune_environments.h"

namespace kld::cmd {
namespace {

struct BePruneOptions {
    ChangeOptions change{};
    std::string keep{}, older_than{};
};

Result<snap::Policy> be_prune_policy(const BePruneOptions& options) {
    snap::Policy policy;
    if (options.keep.empty() && options.older_than.empty())
        return fail("nothing says which boot environments may go",
                    "--keep 3 or --older-than 30d; both together take away what each lets go", ExitCode::usage);
    if (!options.keep.empty()) {
        KLD_TRY(policy.keep, parse_number(options.keep));
    }
    if (!options.older_than.empty()) {
        KLD_TRY(policy.older_than, parse_age(options.older_than));
    }
    return policy;
}

Status be_prune(ToolContext& context, const BePruneOptions& options) {
    KLD_TRY(const auto policy, be_prune_policy(options));
    KLD_TRY(auto change, begin_be_change(context, options.change));
    KLD_TRY(change.world.snapshots, snap::read_snapshots(context.runner, change.world.container, snap::Depth::below));
    KLD_TRY(const auto pruning, snap::plan_prune_environments(change.world, policy));
    print_pruning(snap::list_decisions(pruning.decisions), "boot environments", options.change);
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
    verb->add_option("--keep", options->keep, "the newest N of each reason stay; else one");
    verb->add_option("--older-than", options->older_than, "younger ones stay: 12h, 30d, 8w, 1y");
    options->change.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return be_prune(context, *options); }); });
}

}  // namespace kld::cmd
