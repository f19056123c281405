// SPDX-License-Identifier: BSD-3-Clause
// kclone: a second one of a dataset or a directory.
#include <fmt/core.h>
#include <unistd.h>

#include "base/process_table.h"
#include "clone/clone.h"
#include "tools.h"

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
        KLD_CHECK(expect_root(context));
        KLD_TRY(auto taken, lock_pool(context, boot::pool_of(dataset)));
        lock.emplace(std::move(taken));
    }
    KLD_TRY(const auto place, datasets::look_at(options.target));
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    KLD_CHECK(clone::expect_place(mounts, place));
    // Read once the lock is held: somebody may just have ended a change.
    const clone::ReadingWish wish{dataset, mounts, place.path, std::time(nullptr), !options.change.dry_run};
    KLD_TRY(const auto reading, clone::read_for_clone(context.runner, context.files, wish));
    const auto plan = [&]() -> Result<zfs::Plan> {
        KLD_TRY(const auto source, clone::find_source(reading.world, options.source));
        return clone::plan_clone(reading, source, place);
    }();
    if (!plan) return fail(clone::drop_snapshot(context.runner, reading, plan.error()));
    return carry_out(context, options.change, *plan, {});
}

/// Files alone change here: whoever may read and write them may do that, and no lock is needed.
Status copy_directory(ToolContext& context, const CloneOptions& options, const datasets::World& world,
                      const clone::Source& source) {
    KLD_TRY(const auto place, datasets::look_at(options.target));
    const auto* mount = zfs::mount_of(world.mounts, source.path);
    const bool on_zfs = mount != nullptr && mount->type == "zfs";
    KLD_TRY(const auto sharing, clone::read_sharing(context.runner, context.files, on_zfs ? mount->source : ""));
    const clone::CopyWish wish{options.copy, process_mark(context.files, ::getpid()),
                               clone::leftovers(context.files, place.path)};
    KLD_TRY(const auto plan, clone::plan_copy(world, source, place, sharing, wish));
    return carry_out(context, options.change, plan, {});
}

Status run_clone(ToolContext& context, const CloneOptions& options) {
    datasets::World world;
    if (clone::is_path(options.source)) {
        // What is mounted there, the kernel says in no time.
        KLD_TRY(world.mounts, zfs::read_mounts(context.files));
    } else {
        KLD_TRY(world, datasets::probe(context.runner, context.files));
    }
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
