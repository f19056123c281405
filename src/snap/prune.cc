// SPDX-License-Identifier: BSD-3-Clause
#include "snap/prune.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/age.h"
#include "base/text.h"
#include "snap/changes.h"
#include "snap/create.h"
#include "zfs/names.h"
#include "zfs/properties.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

/// Why a snapshot stays; empty when the rules about itself and its age let it go.
/// @param newer  how many of the same dataset and reason are newer
std::string reason_to_stay(const Snapshot& snapshot, const Policy& policy, std::uint64_t newer, std::time_t now) {
    if (snapshot.holds > 0) return "held";
    if (!snapshot.clones.empty()) return "origin of " + join(snapshot.clones, ", ");
    if (snapshot.reason != zfs::kExporting) return kept_by_rule(policy, newer, snapshot.created, now);
    constexpr std::uint64_t kDay = 24 * 60 * 60;
    if (!kept_by_rule({.keep = 0, .older_than = kDay}, newer, snapshot.created, now).empty())
        return "an export may need it";
    // It goes with its export unless that was killed: nobody wants the newest of these.
    auto of_exports = policy;
    of_exports.keep = 0;
    return kept_by_rule(of_exports, newer, snapshot.created, now);
}

bool is_looked_at(const Snapshot& snapshot, const Policy& policy) {
    if (snapshot.reason.empty() || snapshot.reason == "-") return false;
    return !policy.automatic || snapshot.reason != kKsnap;
}

}  // namespace

std::string kept_by_rule(const Policy& policy, std::uint64_t newer, std::uint64_t created, std::time_t now) {
    const auto keep = policy.keep.value_or(1);
    if (newer < keep) return keep == 1 ? "the newest" : fmt::format("among the newest {}", keep);
    // A creation in the future is a clock that was wrong: it is no age that lets something go.
    const auto age = static_cast<std::uint64_t>(now) > created ? static_cast<std::uint64_t>(now) - created : 0;
    if (policy.older_than && age <= *policy.older_than) return "younger than " + age_text(*policy.older_than);
    return {};
}

std::string reason_to_go(const Policy& policy) {
    std::vector<std::string> reasons;
    if (policy.older_than) reasons.push_back("older than " + age_text(*policy.older_than));
    const auto keep = policy.keep.value_or(1);
    if (keep > 0) reasons.push_back(keep == 1 ? "not the newest" : fmt::format("not among the newest {}", keep));
    if (keep == 0 && !policy.older_than) reasons.emplace_back("none is kept");
    if (policy.min_free) reasons.push_back(fmt::format("less than {} is free", human_bytes(*policy.min_free)));
    return join(reasons, ", ");
}

std::string Room::keeps(std::uint64_t used) {
    if (wanted_ && free_ >= *wanted_) return fmt::format("{} is free without it", human_bytes(*wanted_));
    free_ += used;
    return {};
}

Pruning plan_prune(const std::vector<Snapshot>& snapshots, const Policy& policy, const PoolSpace& space,
                   std::time_t now) {
    Pruning pruning;
    for (const auto& snapshot : snapshots)
        if (is_looked_at(snapshot, policy)) pruning.decisions.push_back({snapshot, false, {}});
    // By transaction, which no clock can turn around.
    std::stable_sort(
        pruning.decisions.begin(), pruning.decisions.end(),
        [](const Decision& left, const Decision& right) { return left.snapshot.order < right.snapshot.order; });
    std::map<std::pair<std::string, std::string>, std::uint64_t> newer;
    for (auto one = pruning.decisions.rbegin(); one != pruning.decisions.rend(); ++one)
        one->why =
            reason_to_stay(one->snapshot, policy,
                           newer[{zfs::split_snapshot(one->snapshot.name).dataset, one->snapshot.reason}]++, now);
    Room room(policy, space);
    std::vector<Snapshot> chosen;
    for (auto& one : pruning.decisions) {
        if (one.why.empty()) one.why = room.keeps(one.snapshot.used);
        if (!one.why.empty()) continue;
        one.goes = true;
        one.why = reason_to_go(policy);
        chosen.push_back(one.snapshot);
    }
    for (const auto& batch : destroy_batches(chosen))
        pruning.plan.steps.push_back({batch.count == 1
                                          ? "destroy " + batch.argument
                                          : fmt::format("destroy {} snapshots of {}", batch.count, batch.dataset),
                                      {"zfs", "destroy", batch.argument}});
    return pruning;
}

Result<std::uint64_t> parse_min_free(const std::string& text, const PoolSpace& space) {
    if (!text.ends_with('%')) return parse_size(text);
    const auto percent = parse_number(std::string_view(text).substr(0, text.size() - 1));
    if (!percent || *percent > 100)
        return fail(fmt::format("'{}' is no part of a pool", text), "write 0% to 100%, or a size: 20G",
                    ExitCode::usage);
    return (space.used + space.available) / 100 * *percent;
}

Result<PoolSpace> read_pool_space(Runner& runner, const std::string& pool) {
    KLD_TRY(const auto rows,
            zfs::list(runner, {.root = pool, .properties = {"used", "available"}, .recursive = false}));
    if (rows.size() != 1) return fail("zfs list says nothing about the pool " + pool);
    // What was destroyed a moment ago is freed in the background: who asks again at once must not destroy more for it.
    KLD_TRY(const auto freeing, runner.run({.argv = {"zpool", "get", "-Hp", "-o", "value", "freeing", pool}}));
    const auto coming = std::min(zfs::number(std::string(trim(freeing.out))), zfs::number(rows[0][0]));
    return PoolSpace{zfs::number(rows[0][0]) - coming, zfs::number(rows[0][1]) + coming};
}

Table decision_table(const std::string& title) {
    return Table{{{"name", title},
                  {"created", "Created", Unit::time},
                  {"used", "Used", Unit::bytes},
                  {"why", "Why"},
                  {"goes", "Goes"},
                  {"reason", "Reason"}},
                 {}};
}

Table list_decisions(const std::vector<Decision>& decisions) {
    auto table = decision_table("Snapshot");
    for (const auto& one : decisions)
        table.rows.push_back(
            {one.snapshot.name, one.snapshot.created, one.snapshot.used, one.why, one.goes, one.snapshot.reason});
    return table;
}

}  // namespace kld::snap
