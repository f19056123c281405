// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/target.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::recovery {

Result<ImportedPool> find_target(const std::vector<ImportedPool>& imported, const std::string& wanted) {
    std::vector<std::string> names;
    const ImportedPool* found = nullptr;
    for (const auto& pool : imported) {
        if (!wanted.empty() && (pool.name == wanted || std::to_string(pool.guid) == wanted)) found = &pool;
        if (!pool.runs && !pool.altroot.empty()) names.push_back(pool.name);
    }
    if (wanted.empty()) {
        if (names.empty())
            return fail("no pool is imported for recovery",
                        "krecovery pools shows what there is, krecovery import POOL brings it in", ExitCode::usage);
        if (names.size() > 1)
            return fail("several pools are imported for recovery: " + join(names, ", "), "name one with --pool",
                        ExitCode::usage);
        return find_target(imported, names.front());
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
