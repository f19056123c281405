// SPDX-License-Identifier: BSD-3-Clause
#include "exports/erase.h"

#include "base/text.h"

namespace kld::exports {
namespace {

/// Ranges below 32 KiB are left alone by default: a removed key is one block.
constexpr const char* kSmallest = "/sys/module/zfs/parameters/zfs_trim_extent_bytes_min";

Status trim_pool(Runner& runner, const std::string& pool) {
    // Freed blocks can be used, and trimmed, three transaction groups later.
    constexpr unsigned kGroups = 4;
    for (unsigned group = 0; group < kGroups; ++group) KLD_CHECK(runner.run({.argv = {"zpool", "sync", pool}}));
    auto done = runner.run({.argv = {"zpool", "trim", "-w", pool}, .timeout = std::chrono::hours(2)});
    if (!done)
        return fail(std::move(done.error())
                        .within("what was removed from the image cannot be erased")
                        .with_hint("choose a place with -o whose file system can make holes, or --keep-identity"));
    return {};
}

}  // namespace

Status erase_free_space(Runner& runner, Files& files, const std::string& pool) {
    KLD_TRY(const auto before, files.read(kSmallest));
    KLD_CHECK(files.overwrite(kSmallest, "512"));
    auto done = trim_pool(runner, pool);
    auto restored = files.overwrite(kSmallest, trim(before));
    if (done && !restored) return restored;
    return done;
}

}  // namespace kld::exports
