// SPDX-License-Identifier: BSD-3-Clause
// ksnap prune: takes away old snapshots that kldload made, and no others.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/table.h"
#include "snap/snapshots.h"
#include "zfs/plan.h"

namespace kld::snap {

/// A snapshot goes when every rule that is given lets it go.
struct Policy {
    std::optional<std::uint64_t> keep{};        ///< the newest of each dataset and reason stay; nothing said: one
    std::optional<std::uint64_t> older_than{};  ///< seconds; younger ones stay
    std::optional<std::uint64_t> min_free{};    ///< bytes; the oldest go, until so much is free
    bool automatic = false;                     ///< what a person made with ksnap create is not looked at
};

/// Why something so old stays by these rules; empty when they let it go.
/// @param newer    how many of its kind are newer
/// @param created  seconds since 1970
std::string kept_by_rule(const Policy& policy, std::uint64_t newer, std::uint64_t created, std::time_t now);

/// "older than 30 d, not the newest"
std::string reason_to_go(const Policy& policy);

/// Space of the pool, in bytes as `zfs list` counts them; what is being freed counts as available.
struct PoolSpace {
    std::uint64_t used = 0, available = 0;
};

/// Decides, from the oldest on, which of those that count and age let go have to, for so much to be free.
class Room {
public:
    Room(const Policy& policy, const PoolSpace& space) : wanted_(policy.min_free), free_(space.available) {}
    /// Why the next one stays; empty: it goes, and its space is free.
    /// @param used  bytes that it holds alone: what it shares with another one that goes comes on top
    std::string keeps(std::uint64_t used);

private:
    std::optional<std::uint64_t> wanted_;
    std::uint64_t free_;
};

/// Columns of a list of decisions, without rows. @param title  of the first one
Table decision_table(const std::string& title);

struct Decision {
    Snapshot snapshot;
    bool goes = false;
    std::string why;  ///< "older than 30 d", "held", "among the newest 5", …
};

struct Pruning {
    std::vector<Decision> decisions;  ///< one for each snapshot of ours, oldest first
    zfs::Plan plan;
};

/// Decides about those that carry org.kldload:reason themselves. Held ones and origins of clones always stay; they
/// count among the newest.
/// @param snapshots  of one pool
Pruning plan_prune(const std::vector<Snapshot>& snapshots, const Policy& policy, const PoolSpace& space,
                   std::time_t now);

/// "10%" of the pool, or a size: "20G".
Result<std::uint64_t> parse_min_free(const std::string& text, const PoolSpace& space);

Result<PoolSpace> read_pool_space(Runner& runner, const std::string& pool);

/// Name, creation, used, why; in JSON "goes" and the reason, too.
Table list_decisions(const std::vector<Decision>& decisions);

}  // namespace kld::snap
