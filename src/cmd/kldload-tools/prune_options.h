// SPDX-License-Identifier: BSD-3-Clause
// What ksnap prune and kbe prune share: the rules by which something old may go.
#pragma once

#include <string>

#include "snap/prune.h"
#include "tools.h"

namespace kld::cmd {

struct PruneOptions {
    std::string keep{}, older_than{}, min_free{};
    /// @param kind  what the newest are counted by: "dataset and reason"
    void add_to(CLI::App& verb, const std::string& kind);
};

/// Errors: no rule is given, so that all would go; one that cannot be understood. Before the pool is looked at, an
/// empty `space` tells of these.
/// @param what  "snapshots"
Result<snap::Policy> prune_policy(const PruneOptions& options, const snap::PoolSpace& space, const std::string& what);

}  // namespace kld::cmd
