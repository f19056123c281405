// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/target.h"

#include <fmt/core.h>

#include "base/text.h"
#include "recovery/import.h"

namespace kld::recovery {

namespace {

/// Who asks for no pool by its name means one that krecovery import brought in, and never an export or an installation
/// that somebody else has under way.
Result<std::string> only_one(const std::vector<ImportedPool>& imported) {
    std::vector<std::string> own, others;
    for (const auto& pool : imported) {
        if (pool.runs || pool.altroot.empty()) continue;
        if (is_own_place(pool.altroot))
            own.push_back(pool.name);
        else
            others.push_back(fmt::format("{} at {}", pool.name, pool.altroot));
    }
    if (own.size() == 1) return own.front();
    if (own.size() > 1)
        return fail("several pools are imported for recovery: " + join(own, ", "), "name one with --pool",
                    ExitCode::usage);
    if (!others.empty())
        return fail(fmt::format("no pool is imported below {}", kPlaces),
                    "one that lies elsewhere is taken by its name alone, --pool NAME: " + join(others, ", "),
                    ExitCode::usage);
    return fail("no pool is imported for recovery",
                "krecovery pools shows what there is, krecovery import POOL brings it in", ExitCode::usage);
}

}  // namespace

Result<ImportedPool> find_target(const std::vector<ImportedPool>& imported, const std::string& asked) {
    auto wanted = asked;
    if (wanted.empty()) {
        KLD_TRY(wanted, only_one(imported));
    }
    std::vector<std::string> names;
    const ImportedPool* found = nullptr;
    for (const auto& pool : imported) {
        if (pool.name == wanted || std::to_string(pool.guid) == wanted) found = &pool;
        if (!pool.runs && !pool.altroot.empty()) names.push_back(pool.name);
    }
    if (found == nullptr)
        return fail("no pool " + wanted + " is imported",
                    names.empty() ? "krecovery import " + shell_quote(wanted) : "there are: " + join(names, ", "),
                    ExitCode::usage);
    if (found->runs)
        return fail(wanted + " is the pool that this system runs from", "kbe works on it", ExitCode::refused);
    if (found->altroot.empty())
        return fail(wanted + " was imported without an altroot: its file systems would be mounted over this system's",
                    fmt::format("zpool export {0}, then krecovery import {0}", shell_quote(wanted)), ExitCode::refused);
    return *found;
}

Status expect_writable(const ImportedPool& pool, const std::string& what) {
    if (!pool.readonly) return {};
    return fail(fmt::format("cannot {}: {} was imported for reading alone", what, pool.name),
                "krecovery export, then krecovery import without --read-only", ExitCode::refused);
}

}  // namespace kld::recovery
