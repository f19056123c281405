// SPDX-License-Identifier: BSD-3-Clause
#include "packages/undo.h"

#include <fmt/core.h>

#include <algorithm>

#include "zfs/names.h"

namespace kld::packages {
namespace {

using Log = std::vector<Record>;

bool is_gone(const Record& record, const UndoWish& wish) {
    return record.result == "undone" && wish.pending;
}

Result<Log::const_iterator> choose(const Log& log, const UndoWish& wish) {
    if (wish.id.empty()) {
        const auto found = std::find_if(log.rbegin(), log.rend(), [&](const Record& one) {
            return one.environment == wish.environment && !one.snapshot.empty() && !is_gone(one, wish);
        });
        if (found != log.rend()) return found.base() - 1;
        return fail(fmt::format("there is no transaction of {} to take back", wish.environment),
                    "kpkg history lists them all", ExitCode::usage);
    }
    const auto found = std::find_if(log.begin(), log.end(), [&](const Record& one) { return one.id == wish.id; });
    if (found == log.end())
        return fail("there is no transaction " + wish.id, "kpkg history lists them", ExitCode::usage);
    if (found->environment != wish.environment)
        return fail(fmt::format("{} changed {}, and {} runs", found->id, found->environment, wish.environment),
                    "boot that one, or kbe activate another one", ExitCode::refused);
    if (found->snapshot.empty())
        return fail(found->id + " has no snapshot: " +
                        (found->result == "nothing" ? "it changed nothing" : "it was made without one"),
                    "kpkg history shows those that have", ExitCode::refused);
    return found;
}

}  // namespace

void follow_snapshots(std::vector<Record>& log, const std::vector<Present>& there) {
    for (auto& record : log) {
        const auto is_there = [&](const std::string& name) {
            return std::any_of(there.begin(), there.end(), [&](const Present& one) { return one.name == name; });
        };
        if (record.snapshot.empty() || is_there(record.snapshot)) continue;
        const auto was = zfs::split_snapshot(record.snapshot);
        const auto now = std::find_if(there.begin(), there.end(), [&](const Present& one) {
            return one.transaction == record.id && one.name.ends_with("@" + was.snapshot);
        });
        if (now == there.end()) continue;
        if (record.environment == was.dataset && !is_there(was.dataset))
            record.environment = zfs::split_snapshot(now->name).dataset;
        record.snapshot = now->name;
    }
}

Result<std::vector<Record>> transactions_to_undo(const Log& log, const UndoWish& wish) {
    KLD_TRY(const auto chosen, choose(log, wish));
    std::vector<Record> all;
    std::copy_if(chosen, log.end(), std::back_inserter(all), [&](const Record& one) {
        return one.environment == wish.environment && one.result != "nothing" && !is_gone(one, wish);
    });
    // One that is named goes again, whatever became of it.
    if (all.empty() || all.front().id != chosen->id) all.insert(all.begin(), *chosen);
    return all;
}

}  // namespace kld::packages
