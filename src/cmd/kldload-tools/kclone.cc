// SPDX-License-Identifier: BSD-3-Clause
// kclone: a second one of a dataset or a directory.
#include <fmt/core.h>

#include "clone/clone.h"
#include "tools.h"
#include "zfs/query.h"

namespace kld::cmd {
namespace {

struct CloneOptions {
    ChangeOptions change{};
    std::string source{}, target{};
    bool copy = false;
};

Status clone_dataset(ToolContext& context, const CloneOptions& options, const std::string& dataset) {
    std::optional<Lock> lock;
    if (!options.change.dry_run) {
        KLD_CHECK(expect_root());
        KLD_TRY(auto taken, lock_pool(boot::pool_of(dataset)));
        lock.emplace(std::move(taken));
    }
    // Read once the lock is held: somebody may just have ended a change.
    KLD_TRY(const auto world, datasets::probe(context.runner, context.files));
    KLD_TRY(const auto source, clone::find_source(world, options.source));
    KLD_TRY(const auto place, datasets::look_at(options.target));
    KLD_TRY(const auto inherited, zfs::local_properties(context.runner, source.dataset));
    KLD_TRY(
        const auto rows,
        zfs::list(
            context.runner,
            {.root = source.dataset, .types = {"snapshot"}, .properties = {"name"}, .recursive = false, .depth = 1}));
    std::vector<std::string> snapshots;
    for (const auto& row : rows) snapshots.push_back(row[0]);
    KLD_TRY(const auto plan, clone::plan_clone(world, source, place, inherited, snapshots, std::time(nullptr)));
    return carry_out(context, options.change, plan, {});
}

/// Files alone change here: whoever may read and write them may do that, and no lock is needed.
Status copy_directory(ToolContext& context, const CloneOptions& options, const datasets::World& world,
                      const clone::Source& source) {
    KLD_TRY(const auto place, datasets::look_at(options.target));
    const auto* mount = zfs::mount_of(world.mounts, source.path);
    const bool on_zfs = mount != nullptr && mount->type == "zfs";
    KLD_TRY(const auto sharing, clone::read_sharing(context.runner, context.files, on_zfs ? mount->source : ""));
    KLD_TRY(const auto plan, clone::plan_copy(world, source, place, sharing, options.copy));
    return carry_out(context, options.change, plan, {});
}

Status run_clone(ToolContext& context, const CloneOptions& options) {
    KLD_TRY(const auto world, datasets::probe(context.runner, context.files));
    KLD_TRY(const auto source, clone::find_source(world, options.source));
    if (!source.dataset.empty() && !options.copy) return clone_dataset(context, options, source.dataset);
    return copy_directory(context, options, world, source);
}

}  // namespace

void add_kclone(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<CloneOptions>();
    app.add_option("source", options->source, "a directory, or a dataset")->required();
    app.add_option("target", options->target, "the directory to make")->required();
    app.add_flag("--copy", options->copy, "copy the files, also where blocks cannot be shared");
    app.add_flag("--dry-run", options->change.dry_run, "show what would be done");
    app.add_flag("--json", options->change.json, "print the plan as JSON");
    app.callback([&context, options] { context.run([&context, options] { return run_clone(context, *options); }); });
}

}  // namespace kld::cmd
