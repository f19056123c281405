// SPDX-License-Identifier: BSD-3-Clause
#include "exports/erase.h"

#include <chrono>

#include "base/text.h"
#include "exports/leftover.h"

namespace kld::exports {
namespace {

/// Of the trim of a whole pool, whose copying may have taken hours.
constexpr auto kLong = std::chrono::hours(24);

Status trim_pool(Runner& runner, const std::string& pool) {
    // Freed blocks can be used, and trimmed, three transaction groups later.
    constexpr unsigned kGroups = 4;
    for (unsigned group = 0; group < kGroups; ++group) KLD_CHECK(runner.run({.argv = {"zpool", "sync", pool}}));
    auto done = runner.run({.argv = {"zpool", "trim", "-w", pool}, .timeout = kLong});
    if (!done)
        return fail(std::move(done.error())
                        .within("what was removed from the image cannot be erased")
                        .with_hint("choose a place with -o whose file system can make holes, or --keep-identity"));
    return {};
}

}  // namespace

Status erase_free_space(Runner& runner, Files& files, const std::string& pool, const std::string& work,
                        const std::string& lock) {
    // Two that read each other's setting would leave it changed.
    KLD_TRY(const auto alone, Lock::wait_for(lock));
    KLD_TRY(const auto before, files.read(kTrimMinimum));
    KLD_CHECK(note_trim_minimum(files, work, std::string(trim(before))));
    // Ranges below 32 KiB are left alone by default: a removed key is one block.
    KLD_CHECK(files.overwrite(kTrimMinimum, "512"));
    auto done = trim_pool(runner, pool);
    auto restored = files.overwrite(kTrimMinimum, trim(before));
    if (done && !restored) return restored;
    return done;
}

}  // namespace kld::exports
