// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/cache.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/lock.h"
#include "base/text.h"

namespace kld::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLockSuffix = ".lock";

std::uint64_t own_bytes(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
}

/// On the disk, of a file or of all below a directory. What vanishes meanwhile counts as nothing.
std::uint64_t bytes_below(const fs::path& path) {
    auto bytes = own_bytes(path);
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(path, error))) return bytes;
    for (auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error))
        bytes += own_bytes(at->path());
    return bytes;
}

/// Names in `names` that belong to the entry, without its lock.
std::vector<std::string> parts_of(const std::vector<std::string>& names, const std::string& entry) {
    std::vector<std::string> parts;
    for (const auto& name : names)
        if (name == entry || (name.starts_with(entry + ".") && !name.ends_with(kLockSuffix))) parts.push_back(name);
    return parts;
}

Result<std::vector<CacheEntry>> list_kind(RealFiles& files, const std::string& cache, const std::string& kind) {
    std::vector<CacheEntry> entries;
    const auto directory = cache + "/" + kind;
    if (!files.exists(directory)) return entries;
    KLD_TRY(const auto names, files.list(directory));
    for (const auto& lock : names) {
        if (!lock.ends_with(kLockSuffix)) continue;
        struct stat status {};
        if (::stat((directory + "/" + lock).c_str(), &status) != 0) continue;  // removed by another process
        CacheEntry entry{kind, lock.substr(0, lock.size() - kLockSuffix.size()), 0, status.st_mtime};
        for (const auto& part : parts_of(names, entry.name)) entry.bytes += bytes_below(directory + "/" + part);
        entries.push_back(std::move(entry));
    }
    return entries;
}

/// In the cache and the directories of it.
Result<unsigned> remove_abandoned(const std::string& cache, std::time_t now) {
    RealFiles files;
    KLD_TRY(auto removed, TemporaryDirectory::remove_abandoned(cache, now));
    KLD_TRY(const auto names, files.list(cache));
    for (const auto& name : names) {
        if (name.starts_with("kldload.") || files.kind(cache + "/" + name) != FileKind::directory) continue;
        KLD_TRY(const auto more, TemporaryDirectory::remove_abandoned(cache + "/" + name, now));
        removed += more;
    }
    return removed;
}

/// The trees that modules were compiled in: each build takes its own away.
Status remove_builder_trees(const std::string& cache) {
    RealFiles files;
    const auto directory = cache + "/work";
    if (!files.exists(directory)) return {};
    KLD_TRY(const auto names, files.list(directory));
    for (const auto& name : names) {
        if (!name.starts_with("builder-") || !name.ends_with(kLockSuffix)) continue;
        const auto lock = Lock::try_take(directory + "/" + name, "busy");
        if (!lock) continue;
        KLD_CHECK(files.remove(directory + "/" + name.substr(0, name.size() - kLockSuffix.size())));
        KLD_CHECK(files.remove(directory + "/" + name));
    }
    return {};
}

}  // namespace

Result<std::vector<CacheEntry>> list_cache(const std::string& cache) {
    RealFiles files;
    std::vector<CacheEntry> all;
    for (const auto* kind : kCacheKinds) {
        KLD_TRY(const auto entries, list_kind(files, cache, kind));
        all.insert(all.end(), entries.begin(), entries.end());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const CacheEntry& one, const CacheEntry& other) { return one.used < other.used; });
    return all;
}

std::vector<CacheEntry> choose_unused(const std::vector<CacheEntry>& entries, const CacheRules& rules,
                                      std::time_t now) {
    auto left = bytes_of(entries);
    std::vector<CacheEntry> chosen;
    for (const auto& entry : entries) {
        // A use in the future is a clock that was wrong.
        const auto unused = now > entry.used ? static_cast<std::uint64_t>(now - entry.used) : 0;
        if (unused < kYoungSeconds) continue;
        if (!(rules.unused && unused >= *rules.unused) && !(rules.max_bytes && left > *rules.max_bytes)) continue;
        left -= entry.bytes;
        chosen.push_back(entry);
    }
    return chosen;
}

Result<std::vector<CacheEntry>> remove_entries(Files& files, const std::string& cache,
                                               const std::vector<CacheEntry>& entries) {
    std::vector<CacheEntry> removed;
    for (const auto& entry : entries) {
        const auto directory = cache + "/" + entry.kind;
        const auto lock_path = directory + "/" + entry.name + std::string(kLockSuffix);
        if (!files.exists(lock_path)) continue;
        const auto lock = Lock::try_take(lock_path, "busy");
        if (!lock) {
            if (lock.error().code == ExitCode::refused) continue;
            return fail(lock.error());
        }
        KLD_TRY(const auto names, files.list(directory));
        for (const auto& part : parts_of(names, entry.name)) KLD_CHECK(files.remove(directory + "/" + part));
        KLD_CHECK(files.remove(lock_path));
        removed.push_back(entry);
    }
    return removed;
}

Table list_entries(const std::vector<CacheEntry>& entries) {
    Table table{{{"kind", "KIND", Unit::text},
                 {"name", "NAME", Unit::text},
                 {"bytes", "SIZE", Unit::bytes},
                 {"used", "LAST USED", Unit::time}},
                {}};
    for (const auto& entry : entries)
        table.rows.push_back({entry.kind, entry.name, entry.bytes, static_cast<std::uint64_t>(entry.used)});
    return table;
}

std::uint64_t bytes_of(const std::vector<CacheEntry>& entries) {
    return std::accumulate(entries.begin(), entries.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const CacheEntry& entry) { return sum + entry.bytes; });
}

void drop_unused(Files& files, Events& events, const std::string& cache, std::time_t now) {
    const auto drop = [&]() -> Status {
        KLD_TRY(const auto entries, list_cache(cache));
        KLD_TRY(const auto removed,
                remove_entries(files, cache, choose_unused(entries, {.unused = kUnusedSeconds}, now)));
        if (const auto bytes = bytes_of(removed); bytes > 0)
            events.note(
                fmt::format("{} of the cache were not used for {} days and are gone", human_bytes(bytes), kUnusedDays));
        KLD_CHECK(remove_builder_trees(cache));
        if (const auto abandoned = remove_abandoned(cache, now); !abandoned)
            return fail(abandoned.error());
        else if (*abandoned > 0)
            events.note(fmt::format("what {} killed builds left in the cache is gone", *abandoned));
        return {};
    };
    if (const auto done = drop(); !done) events.warning("the cache is not cleaned: " + done.error().message);
}

}  // namespace kld::pipeline
