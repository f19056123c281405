// SPDX-License-Identifier: BSD-3-Clause
// ksnap: snapshots. What is listed, and what the verbs share.
#include "ksnap.h"

#include <fmt/core.h>

#include <filesystem>
#include <set>

#include "base/text.h"
#include "snap/diff.h"
#include "snap/listing.h"
#include "snap/policy.h"
#include "zfs/altroot.h"
#include "zfs/query.h"

namespace kld::cmd {
namespace {

struct SnapListOptions {
    std::vector<std::string> words{};
    bool recursive = false;
    std::string since{}, until{}, pool{};
    ListOutput output{};
};

bool snap_is_path(const std::string& word) {
    return word == "." || word == ".." || word.starts_with("/") || word.starts_with("./") || word.starts_with("../");
}

std::string snap_canonical(const std::string& path) {
    std::error_code bad;
    auto plain = std::filesystem::weakly_canonical(std::filesystem::absolute(path, bad), bad).string();
    while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
    return bad ? path : plain;
}

Status snap_list(ToolContext& context, const SnapListOptions& options) {
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    std::vector<std::string> roots;
    for (const auto& word : options.words) {
        KLD_TRY(const auto plain, snap_word(context.files, word));
        KLD_TRY(auto dataset, snap::dataset_asked_for(context.files, mounts, plain));
        if (!contains(roots, dataset)) roots.push_back(std::move(dataset));
    }
    const auto depth = options.recursive || roots.empty() ? snap::Depth::below : snap::Depth::own;
    if (roots.empty()) roots.emplace_back();
    std::vector<snap::Snapshot> all;
    for (const auto& root : roots) {
        KLD_TRY(auto some, snap::read_snapshots(context.runner, root, depth));
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    constexpr std::size_t kShown = 6;
    options.output.print(snap::list_snapshots(snap::in_order(std::move(all))), "snapshots", kShown);
    return {};
}

Status snap_diff(ToolContext& context, const SnapListOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    KLD_TRY(const auto plain, snap_word(context.files, options.since));
    KLD_TRY(const auto since, snap::snapshot_named(mounts, plain));
    auto until = since.substr(0, since.find('@'));
    if (options.until.starts_with('@')) {
        until += options.until;
    } else if (!options.until.empty()) {
        KLD_TRY(const auto word, snap_word(context.files, options.until));
        if (word.find('@') != std::string::npos) {
            KLD_TRY(until, snap::snapshot_named(mounts, word));
        } else {
            KLD_TRY(until, snap::dataset_named(mounts, word));
        }
    }
    KLD_TRY(const auto changes, snap::read_diff(context.runner, since, until));
    constexpr std::size_t kShown = 4;
    options.output.print(snap::list_changes(changes, options.output.json), "changes", kShown);
    return {};
}

Status snap_print_policy(ToolContext& context, const SnapListOptions& options) {
    KLD_TRY(const auto world, be::look_at_pool(context.runner, context.files, options.pool));
    KLD_TRY(auto datasets, zfs::get(context.runner, {.root = world.pool, .properties = {"mountpoint", "canmount"}}));
    zfs::take_altroot_away(datasets, world.altroot);
    fmt::print("{}", snap::sanoid_policy(datasets, world.container));
    return {};
}

Status snap_space(ToolContext& context, const SnapListOptions& options) {
    KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
    const auto& word = options.words.empty() ? std::string() : options.words.front();
    constexpr std::size_t kShown = 4;
    if (word.find('@') != std::string::npos) {
        KLD_TRY(const auto specs, snap_specs(context, options.words)(mounts));
        KLD_TRY(const auto chosen, snap_select(context, specs));
        KLD_TRY(const auto table, snap::read_reclaimable(context.runner, chosen));
        options.output.print(table, "reclaimable", kShown);
        return {};
    }
    if (options.words.size() > 1)
        return fail("several datasets are named", "name one, which shows all below it, or none: all pools",
                    ExitCode::usage);
    std::string root;
    if (!word.empty()) {
        KLD_TRY(const auto plain, snap_word(context.files, word));
        KLD_TRY(root, snap::dataset_asked_for(context.files, mounts, plain));
    }
    KLD_TRY(const auto table, snap::read_space(context.runner, root));
    options.output.print(table, "datasets", kShown);
    return {};
}

}  // namespace

Result<std::string> snap_word(Files& files, const std::string& word) {
    if (!snap_is_path(word)) return word;
    // A file may have an @ in its name; then it is there.
    const auto at = word.rfind('@');
    const bool whole = at == std::string::npos || files.exists(word);
    const auto path = whole ? word : word.substr(0, at);
    if (!files.exists(path))
        return fail("there is no " + path, "name a dataset, or a path that is there", ExitCode::usage);
    return snap_canonical(path) + (whole ? "" : word.substr(at));
}

std::string snap_path(const std::string& word) {
    std::error_code bad;
    auto path = std::filesystem::absolute(word, bad).string();
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const auto slash = path.rfind('/');
    const auto name = path.substr(slash + 1);
    if (bad || name.empty() || name == "." || name == "..") return snap_canonical(path);
    const auto parent = snap_canonical(slash == 0 ? "/" : path.substr(0, slash));
    return parent == "/" ? "/" + name : parent + "/" + name;
}

Result<SnapChange> snap_begin(ToolContext& context, const ChangeOptions& options, const SnapResolver& resolve,
                              Result<Lock> (*lock)(const ToolContext&, const std::string& pool)) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto before, zfs::read_mounts(context.files));
    KLD_TRY(const auto specs, resolve(before));
    SnapChange change;
    if (!options.dry_run) {
        std::set<std::string> pools;
        for (const auto& spec : specs) pools.insert(boot::pool_of(spec.dataset));
        for (const auto& pool : pools) {
            KLD_TRY(auto taken, lock(context, pool));
            change.locks.push_back(std::move(taken));
        }
    }
    // Read once the lock is held: somebody may just have ended a change.
    KLD_TRY(change.mounts, zfs::read_mounts(context.files));
    KLD_TRY(change.specs, resolve(change.mounts));
    return change;
}

SnapResolver snap_specs(ToolContext& context, const std::vector<std::string>& words) {
    return [&context, words](const SnapMounts& mounts) -> Result<std::vector<snap::Spec>> {
        std::vector<snap::Spec> specs;
        for (const auto& word : words) {
            KLD_TRY(const auto plain, snap_word(context.files, word));
            KLD_TRY(auto spec, snap::parse_spec(mounts, plain));
            specs.push_back(std::move(spec));
        }
        return specs;
    };
}

SnapResolver snap_one(ToolContext& context, const std::string& word) {
    return [&context, word](const SnapMounts& mounts) -> Result<std::vector<snap::Spec>> {
        KLD_TRY(const auto plain, snap_word(context.files, word));
        KLD_TRY(const auto name, snap::snapshot_named(mounts, plain));
        const auto at = name.find('@');
        return std::vector<snap::Spec>{{name.substr(0, at), name.substr(at + 1)}};
    };
}

Result<std::vector<snap::Snapshot>> snap_select(ToolContext& context, const std::vector<snap::Spec>& specs) {
    std::set<std::string> datasets;
    for (const auto& spec : specs) datasets.insert(spec.dataset);
    std::vector<snap::Snapshot> all;
    for (const auto& dataset : datasets) {
        KLD_TRY(auto own, snap::read_snapshots(context.runner, dataset, snap::Depth::own));
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return snap::select(snap::in_order(std::move(all)), specs);
}

namespace {

void add_snap_list(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapListOptions>();
    auto* verb = app.add_subcommand("list", "list snapshots, oldest first");
    verb->add_option("dataset", options->words, "datasets or paths; else all");
    verb->add_flag("-r", options->recursive, "also those of all datasets below");
    options->output.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return snap_list(context, *options); }); });
}

void add_snap_diff(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapListOptions>();
    auto* verb = app.add_subcommand("diff", "which files were made (+), removed (-), changed (M) or renamed (R)");
    verb->add_option("snapshot", options->since, "DATASET@NAME or PATH@NAME")->required();
    verb->add_option("until", options->until, "a later snapshot, or @NAME; else the dataset as it is now");
    options->output.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return snap_diff(context, *options); }); });
}

void add_snap_policy(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapListOptions>();
    auto* verb = app.add_subcommand("policy", "write a configuration for sanoid that fits these datasets to stdout");
    verb->add_option("--pool", options->pool, "where / is on no pool, or on another one");
    verb->callback(
        [&context, options] { context.run([&context, options] { return snap_print_policy(context, *options); }); });
}

void add_snap_space(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<SnapListOptions>();
    auto* verb = app.add_subcommand("space", "what snapshots hold, or what destroying some would free");
    verb->add_option("name", options->words, "a dataset or path; or snapshots: DATASET@FIRST%LAST, DATASET@NAME*");
    options->output.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return snap_space(context, *options); }); });
}

}  // namespace

void add_ksnap(CLI::App& app, ToolContext& context) {
    add_verbs(app, context,
              {{{"list"}, add_snap_list},
               {{"diff"}, add_snap_diff},
               {{"create", "destroy", "hold", "release", "scheduled", "prune"}, add_snap_changes},
               {{"restore"}, add_snap_restore},
               {{"rollback"}, add_snap_rollback},
               {{"policy"}, add_snap_policy},
               {{"space"}, add_snap_space}});
}

}  // namespace kld::cmd
