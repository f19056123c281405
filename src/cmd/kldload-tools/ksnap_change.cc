// SPDX-License-Identifier: BSD-3-Clause
// ksnap create, destroy, hold, release, prune.
#include <fmt/core.h>

#include "base/text.h"
#include "ksnap.h"
#include "prune_options.h"
#include "snap/changes.h"
#include "snap/create.h"
#include "snap/prune.h"
#include "snap/schedule.h"
#include "zfs/altroot.h"
#include "zfs/query.h"

namespace kld::cmd {
namespace {

struct SnapChangeOptions {
    ChangeOptions change{};
    std::vector<std::string> words{};
    bool recursive = false, automatic = false;
    PruneOptions rules{};
};
using SnapChangeOptionsPtr = std::shared_ptr<SnapChangeOptions>;

/// A first word that is no path and no dataset below a pool is the name.
bool snap_is_name(const std::string& word) {
    return word.find('/') == std::string::npos && word != "." && word != "..";
}

SnapResolver snap_datasets(ToolContext& context, const std::vector<std::string>& words) {
    return [&context, words](const SnapMounts& mounts) -> Result<std::vector<snap::Spec>> {
        std::vector<snap::Spec> specs;
        std::vector<std::string> datasets;
        if (words.empty()) {
            KLD_TRY(datasets, snap::read_usual_datasets(context.runner, mounts));
        }
        for (const auto& word : words) {
            KLD_TRY(const auto plain, snap_word(context.files, word));
            KLD_TRY(auto dataset, snap::dataset_asked_for(context.files, mounts, plain));
            datasets.push_back(std::move(dataset));
        }
        for (auto& dataset : datasets) specs.push_back({std::move(dataset), {}});
        return specs;
    };
}

/// The pool that is named, or the one that / lies on.
SnapResolver snap_whole_pool(const std::string& named) {
    return [named](const SnapMounts& mounts) -> Result<std::vector<snap::Spec>> {
        const auto pool = named.empty() ? boot::pool_of(zfs::dataset_at(mounts, "/")) : named;
        if (pool.empty()) return fail("/ lies on no pool", "name one with --pool", ExitCode::usage);
        return std::vector<snap::Spec>{{pool, {}}};
    };
}

Status snap_create(ToolContext& context, const SnapChangeOptions& options) {
    auto words = options.words;
    snap::CreateWish wish{.recursive = options.recursive};
    if (!words.empty() && snap_is_name(words.front())) {
        wish.name = words.front();
        words.erase(words.begin());
    }
    if (wish.recursive && words.empty())
        return fail("-r without a dataset", "name those whose children shall go along", ExitCode::usage);
    if (wish.name.find('@') != std::string::npos)
        return fail(fmt::format("'{}' cannot be the name of a snapshot", wish.name),
                    "the name comes first, then the datasets: ksnap create NAME DATASET", ExitCode::usage);
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_datasets(context, words)));
    for (const auto& spec : change.specs) wish.datasets.push_back(spec.dataset);
    KLD_TRY(const auto taken, snap::read_taken(context.runner, wish));
    KLD_TRY(const auto creation, snap::plan_create(wish, taken, std::time(nullptr)));
    return carry_out(context, options.change, creation.plan, join(creation.snapshots, "\n"));
}

Status snap_destroy(ToolContext& context, const SnapChangeOptions& options) {
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_specs(context, options.words)));
    KLD_TRY(const auto chosen, snap_select(context, change.specs));
    KLD_TRY(const auto plan, snap::plan_destroy(chosen));
    return carry_out(context, options.change, plan, {});
}

using SnapHoldPlanner = Result<zfs::Plan> (*)(const std::vector<snap::Snapshot>&, const std::string&,
                                              const std::vector<snap::Hold>&);

Status snap_hold(ToolContext& context, const SnapChangeOptions& options, SnapHoldPlanner planner) {
    auto words = options.words;
    std::string tag = "kldload";
    if (words.front().find('@') == std::string::npos) {
        tag = words.front();
        words.erase(words.begin());
    }
    if (words.empty())
        return fail(tag + " is no snapshot, and none comes after it", "write it as DATASET@NAME", ExitCode::usage);
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_specs(context, words)));
    KLD_TRY(const auto chosen, snap_select(context, change.specs));
    KLD_TRY(const auto holds, snap::read_holds(context.runner, chosen));
    KLD_TRY(const auto plan, planner(chosen, tag, holds));
    return carry_out(context, options.change, plan, {});
}

Status snap_prune(ToolContext& context, const SnapChangeOptions& options) {
    const std::string what = "snapshots";
    KLD_CHECK(prune_policy(options.rules, {}, what));
    KLD_TRY(const auto change, snap_begin(context, options.change, snap_whole_pool(options.change.pool)));
    const auto& pool = change.specs.front().dataset;
    KLD_TRY(const auto space, snap::read_pool_space(context.runner, pool));
    KLD_TRY(auto policy, prune_policy(options.rules, space, what));
    policy.automatic = options.automatic;
    KLD_TRY(const auto snapshots, snap::read_snapshots(context.runner, pool, snap::Depth::below));
    const auto pruning = snap::plan_prune(snapshots, policy, space, std::time(nullptr));
    print_pruning(snap::list_decisions(pruning.decisions), what, options.change);
    if (options.change.dry_run) return {};
    return zfs::apply(pruning.plan, context.runner, *context.events());
}

Status snap_scheduled(ToolContext& context, const SnapChangeOptions& options) {
    KLD_TRY(const auto period, snap::period_named(options.words.front()));
    // Timers go off at the same moment, and the next monthly one is a month away.
    KLD_TRY(const auto change,
            snap_begin(context, options.change, snap_whole_pool(options.change.pool), wait_for_pool));
    const auto& pool = change.specs.front().dataset;
    KLD_TRY(const auto world, be::look_at_pool(context.runner, context.files, pool));
    KLD_TRY(auto datasets, zfs::get(context.runner, {.root = pool, .properties = {"mountpoint", "canmount"}}));
    zfs::take_altroot_away(datasets, world.altroot);
    KLD_TRY(const auto snapshots, snap::read_snapshots(context.runner, pool, snap::Depth::below));
    KLD_TRY(const auto round, snap::plan_round(period, datasets, world.container, snapshots, std::time(nullptr)));
    return carry_out(context, options.change, round.plan, join(round.snapshots, "\n"));
}

CLI::App* snap_add_change(CLI::App& app, ToolContext& context, const SnapChangeOptionsPtr& options, const char* name,
                          const char* summary, Status (*run)(ToolContext&, const SnapChangeOptions&), bool with_pool) {
    auto* verb = app.add_subcommand(name, summary);
    options->change.add_to(*verb, with_pool);
    verb->callback(
        [&context, options, run] { context.run([&context, options, run] { return run(context, *options); }); });
    return verb;
}

}  // namespace

void add_snap_changes(CLI::App& app, ToolContext& context) {
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb =
            snap_add_change(app, context, options, "create", "snapshot datasets at one moment", snap_create, false);
        verb->add_option("name", options->words,
                         "NAME (no slash in it), then datasets or paths; else manual-TIME of / and all that is mounted "
                         "of its pool, without other boot environments, /var/cache, /var/tmp and /tmp");
        verb->add_flag("-r", options->recursive, "also all datasets below those that are named");
    }
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb = snap_add_change(app, context, options, "destroy", "destroy snapshots, all of them or none",
                                     snap_destroy, false);
        verb->add_option("snapshot", options->words,
                         "DATASET@NAME or PATH@NAME; @FIRST%LAST, @NAME* and @A,B name several")
            ->required();
    }
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb = snap_add_change(
            app, context, options, "hold", "keep snapshots from being destroyed",
            [](ToolContext& tool, const SnapChangeOptions& given) { return snap_hold(tool, given, snap::plan_hold); },
            false);
        verb->add_option("snapshot", options->words, "TAG (else kldload), then snapshots")->required();
    }
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb = snap_add_change(
            app, context, options, "release", "take a hold away",
            [](ToolContext& tool, const SnapChangeOptions& given) {
                return snap_hold(tool, given, snap::plan_release);
            },
            false);
        verb->add_option("snapshot", options->words, "TAG (else kldload), then snapshots")->required();
    }
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb = snap_add_change(
            app, context, options, "scheduled",
            "one round of snapshots on schedule, for kldload-snapshots@PERIOD.timer: make one, destroy the oldest",
            snap_scheduled, true);
        verb->add_option("period", options->words, "hourly, daily, weekly or monthly")->required()->expected(1);
    }
    {
        auto options = std::make_shared<SnapChangeOptions>();
        auto* verb = snap_add_change(app, context, options, "prune",
                                     "destroy old snapshots that kldload made: those that every rule given lets go",
                                     snap_prune, true);
        options->rules.add_to(*verb, "dataset and reason");
        verb->add_flag("--automatic", options->automatic, "not those that somebody made with ksnap create");
    }
}

}  // namespace kld::cmd
