// SPDX-License-Identifier: BSD-3-Clause
// What the verbs of kbe share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "be/changes.h"
#include "be/listing.h"
#include "be/trial.h"
#include "tools.h"

namespace kld::cmd {

struct BeOptions {
    ChangeOptions change{};
    std::string name{}, other{}, source{};
    std::vector<std::string> properties{};
    bool force = false, origin = false, readonly = false, unverified = false;
    ListOutput output{};
    be::ListWish wish{};
    be::ExportWish stream{};
    bool all_rows = false;
    bool once = false, no_more = false, trial = false;
    unsigned tries = be::kTries;
};
/// The world of a change: locked against others from now on.
struct BeChange {
    std::optional<Lock> lock;
    be::World world;
};
/// @param wait  for whoever has the lock; else that is a refusal
Result<BeChange> begin_be_change(ToolContext& context, const ChangeOptions& options, bool wait = false);

/// -a, -s, -D, -c and -C of a listing. `wish` must outlive the parsing.
void add_be_list_wish(CLI::App& verb, be::ListWish& wish);

void add_be_activate(CLI::App& app, ToolContext& context);
void add_be_diff(CLI::App& app, ToolContext& context);
void add_be_prune(CLI::App& app, ToolContext& context);
void add_be_commit(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
