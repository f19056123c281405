// SPDX-License-Identifier: BSD-3-Clause
// What builds keep to be quick the next time, and what of it has not been used for long.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/table.h"

namespace kld::pipeline {

/// Directories of the cache whose entries are of one shape: NAME.lock, which every use takes, beside NAME or NAME.*.
inline constexpr const char* kCacheKinds[] = {"trees", "streams", "menu", "tools", "modules", "keymaps"};

/// What a build has not used for so long goes when the next one ends.
inline constexpr unsigned kUnusedDays = 30;
inline constexpr std::uint64_t kUnusedSeconds = kUnusedDays * 86400ULL;

/// Younger ones always stay: a build that runs holds its lock only while it makes an entry, and reads it afterwards.
inline constexpr std::uint64_t kYoungSeconds = 86400;

struct CacheEntry {
    std::string kind;       ///< "trees"
    std::string name;       ///< "debian-13-core-a8284011fa1c119a"
    std::uint64_t bytes{};  ///< on the disk
    std::time_t used{};     ///< when a build last asked for it
};

/// All entries of a cache, by last use, oldest first. A lock that nothing lies beside is one of no bytes.
Result<std::vector<CacheEntry>> list_cache(const std::string& cache);

/// An entry goes when a rule says so.
struct CacheRules {
    std::optional<std::uint64_t> unused{};     ///< seconds since the last use
    std::optional<std::uint64_t> max_bytes{};  ///< the least recently used go, until all are no more than this
};

/// Which of the entries (oldest first) go. Those used within kYoungSeconds stay whatever the rules say.
std::vector<CacheEntry> choose_unused(const std::vector<CacheEntry>& entries, const CacheRules& rules, std::time_t now);

/// Removes them. One that is in the hands of another build at this moment stays, and is not among what is returned.
Result<std::vector<CacheEntry>> remove_entries(Files& files, const std::string& cache,
                                               const std::vector<CacheEntry>& entries);

/// kind, name, size, last use.
Table list_entries(const std::vector<CacheEntry>& entries);

std::uint64_t bytes_of(const std::vector<CacheEntry>& entries);

/// What a build does at its end: entries unused for kUnusedSeconds go, and what killed builds left; notes say how much
/// that was. A cache that cannot be read or cleaned is a warning and no more.
void drop_unused(Files& files, Events& events, const std::string& cache, std::time_t now);

}  // namespace kld::pipeline
