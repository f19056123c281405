// SPDX-License-Identifier: BSD-3-Clause
// kdir: mkdir(1) whose directories are datasets.
#include <fmt/core.h>

#include <set>

#include "base/text.h"
#include "datasets/make.h"
#include "tools.h"

namespace kld::cmd {
namespace {

struct DirOptions {
    ChangeOptions change{};
    std::vector<std::string> paths{}, properties{};
    std::string quota{};
    bool parents = false;
};

Result<datasets::MakeWish> dir_wish(const DirOptions& options) {
    datasets::MakeWish wish{options.parents, {}, {}};
    KLD_TRY(wish.properties, zfs::parse_properties(options.properties));
    if (options.quota.empty()) return wish;
    KLD_TRY(const auto bytes, parse_size(options.quota));
    if (bytes == 0) return fail("a quota of 0 is none", "leave --quota out", ExitCode::usage);
    wish.quota = bytes;
    return wish;
}

Result<zfs::Plan> dir_plan(datasets::World& world, const DirOptions& options, const datasets::MakeWish& wish) {
    zfs::Plan plan;
    for (const auto& path : options.paths) {
        KLD_TRY(const auto place, datasets::look_at(path));
        KLD_CHECK(datasets::plan_make(world, place, wish, plan));
    }
    return plan;
}

/// The pools of all paths, each locked once.
Result<std::vector<Lock>> lock_dir_pools(const ToolContext& context, const datasets::World& world,
                                         const DirOptions& options) {
    std::set<std::string> pools;
    for (const auto& path : options.paths) {
        KLD_TRY(const auto place, datasets::look_at(path));
        KLD_TRY(auto pool, datasets::pool_at(world, place));
        pools.insert(std::move(pool));
    }
    std::vector<Lock> locks;
    for (const auto& pool : pools) {
        KLD_TRY(auto lock, lock_pool(context, pool));
        locks.push_back(std::move(lock));
    }
    return locks;
}

Status make_dirs(ToolContext& context, const DirOptions& options) {
    KLD_TRY(const auto wish, dir_wish(options));
    KLD_TRY(auto world, datasets::probe(context.runner, context.files));
    std::vector<Lock> locks;
    if (!options.change.dry_run) {
        KLD_CHECK(expect_root(context));
        KLD_TRY(locks, lock_dir_pools(context, world, options));
        // Read once the locks are held: somebody may just have ended a change.
        KLD_TRY(world, datasets::probe(context.runner, context.files));
    }
    KLD_TRY(const auto plan, dir_plan(world, options, wish));
    return carry_out(context, options.change, plan, {});
}

}  // namespace

void add_kdir(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<DirOptions>();
    app.add_option("path", options->paths, "directories to make")->required();
    app.add_flag("-p", options->parents, "also missing directories above; datasets that are there are no error");
    app.add_option("-o", options->properties, "PROPERTY=VALUE of the datasets (may be given again)")
        ->allow_extra_args(false);
    app.add_option("--quota", options->quota, "how large each may become: 10G");
    app.add_flag("--dry-run", options->change.dry_run, "show what would be done");
    app.add_flag("--json", options->change.json, "print the plan as JSON");
    app.callback([&context, options] { context.run([&context, options] { return make_dirs(context, *options); }); });
}

}  // namespace kld::cmd
