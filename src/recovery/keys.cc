// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/keys.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace kld::recovery {
namespace {

/// The last thing that zfs(8) said; it never repeats a key.
std::string reason(const Error& error) {
    return error.details.empty() ? error.message : error.details.back();
}

Status from_file(Runner& runner, const MissingKey& key) {
    KLD_CHECK(runner.run({.argv = {"zfs", "load-key", key.dataset}}));
    return {};
}

Status from_person(Runner& runner, const MissingKey& key, const KeyGiver& giver) {
    const auto argv = ask_command(key);
    if (giver.ask) {
        KLD_TRY(const auto code, giver.ask(argv));
        if (code != 0) return fail(fmt::format("zfs load-key ended with {}", code));
        return {};
    }
    const auto bytes = giver.next ? giver.next(key.format) : std::nullopt;
    if (!bytes) return fail("stdin has no key for it");
    KLD_CHECK(runner.run({.argv = argv, .input = *bytes}));
    return {};
}

}  // namespace

std::vector<MissingKey> missing_keys(const std::vector<boot::Dataset>& datasets, Files& files) {
    constexpr std::string_view kFile = "file://";
    std::vector<MissingKey> missing;
    for (const auto& dataset : datasets) {
        if (dataset.value("encryptionroot") != dataset.name || dataset.value("keystatus") != "unavailable") continue;
        const auto& location = dataset.value("keylocation");
        MissingKey key{dataset.name, dataset.value("keyformat")};
        key.prompts = location == "prompt";
        if (location.starts_with(kFile) && files.exists(location.substr(kFile.size())))
            key.file = location.substr(kFile.size());
        missing.push_back(std::move(key));
    }
    return missing;
}

std::vector<std::string> ask_command(const MissingKey& key) {
    if (key.prompts) return {"zfs", "load-key", key.dataset};
    return {"zfs", "load-key", "-L", "prompt", key.dataset};
}

std::optional<std::string> read_key(int fd, const std::string& format) {
    constexpr std::size_t kRaw = 32;
    const bool raw = format == "raw";
    std::string key;
    while (!raw || key.size() < kRaw) {
        char byte = 0;
        const auto count = ::read(fd, &byte, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        key += byte;
        if (!raw && byte == '\n') break;
    }
    if (key.empty()) return std::nullopt;
    return key;
}

KeyGiver keys_of_stdin() {
    if (::isatty(STDIN_FILENO) == 1)
        return {[](const std::vector<std::string>& argv) { return run_in_foreground({.argv = argv}); }, {}};
    return {{}, [](const std::string& format) { return read_key(STDIN_FILENO, format); }};
}

Status load_keys(Runner& runner, Events& events, const std::string& pool, const std::vector<MissingKey>& missing,
                 const KeyGiver& giver) {
    std::vector<std::string> locked, ways;
    for (const auto& key : missing) {
        if (!key.file.empty()) {
            const auto loaded = from_file(runner, key);
            if (loaded) continue;
            events.warning(fmt::format("{} of this system does not open {}, and its key is asked for: {}", key.file,
                                       key.dataset, reason(loaded.error())));
        }
        const auto loaded = from_person(runner, key, giver);
        if (loaded) continue;
        events.warning(fmt::format("the key of {} is not loaded: {}", key.dataset, reason(loaded.error())));
        locked.push_back(key.dataset);
        ways.push_back(shell_line(ask_command(key)));
    }
    if (locked.empty()) return {};
    return fail(fmt::format("{} is imported, but {} of {} keys that it lacks {} not loaded: {}", pool, locked.size(),
                            missing.size(), locked.size() == 1 ? "is" : "are", join(locked, ", ")),
                join(ways, "; ") + "; or krecovery export");
}

}  // namespace kld::recovery
