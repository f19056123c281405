// SPDX-License-Identifier: BSD-3-Clause
// kbe diff: which files tell two boot environments apart.
#include <fmt/core.h>

#include "kbe.h"
#include "snap/kinship.h"

namespace kld::cmd {
namespace {

Status be_diff(ToolContext& context, const BeOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto world, be::probe(context.runner, context.files, options.change.pool, false));
    if (options.other.empty() && world.running.empty())
        return fail("no boot environment runs here", "name both", ExitCode::usage);
    const auto other = options.other.empty() ? world.name_of(world.running) : options.other;
    KLD_TRY(const auto common, snap::common_snapshot(world, options.name, other));
    Table table{{{"environment", "BE"}}, {}};
    for (const auto& name : {options.name, other}) {
        KLD_TRY(const auto changes, snap::changes_of(context.runner, world, world.dataset_of(name), common));
        auto part = snap::list_changes(changes, options.output.json);
        if (table.columns.size() == 1)
            table.columns.insert(table.columns.end(), part.columns.begin(), part.columns.end());
        for (auto& row : part.rows) {
            row.insert(row.begin(), Cell{name});
            table.rows.push_back(std::move(row));
        }
    }
    constexpr std::size_t kShown = 5;
    options.output.print(table, "changes", kShown);
    return {};
}

}  // namespace

void add_be_diff(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("diff", "which files each of two has changed since one was cloned from the other");
    verb->add_option("name", options->name, "boot environment")->required();
    verb->add_option("other", options->other, "the other one; else the one that runs");
    options->output.add_to(*verb);
    verb->add_option("--pool", options->change.pool, "where / is on no pool, or on another one");
    verb->callback([&context, options] { context.run([&context, options] { return be_diff(context, *options); }); });
}

}  // namespace kld::cmd
