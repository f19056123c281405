// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/names.h"

#include <fmt/core.h>

#include <algorithm>

namespace kld::zfs {
namespace {

// ZFS_MAX_DATASET_NAME_LEN with its terminating zero.
constexpr std::size_t kLongestName = 255;

}  // namespace

SnapshotName split_snapshot(std::string_view name) {
    const auto at = name.find('@');
    if (at == std::string_view::npos) return {std::string(name), {}};
    return {std::string(name.substr(0, at)), std::string(name.substr(at + 1))};
}

Status check_component(std::string_view name, const std::string& what) {
    const auto bad = [&](const std::string& why) {
        return fail(fmt::format("'{}' cannot be the name of a {}: {}", name, what, why),
                    "use letters, digits and - _ . :", ExitCode::usage);
    };
    if (name.empty()) return bad("it is empty");
    if (name == "." || name == "..") return bad("it stands for a directory");
    for (const char letter : name) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9') ||
                           std::string_view("-_.: ").find(letter) != std::string::npos;
        if (!plain) return bad(fmt::format("ZFS does not take '{}'", letter));
    }
    if (name.front() == '-') return bad("programs would take it for an option");
    if (name.front() == ' ' || name.back() == ' ') return bad("it begins or ends with a blank");
    return {};
}

Status check_length(const std::string& dataset) {
    if (dataset.size() <= kLongestName) return {};
    return fail(fmt::format("{} has {} bytes, and ZFS takes {}", dataset, dataset.size(), kLongestName),
                "choose a shorter name", ExitCode::usage);
}

std::string stamped(const std::string& prefix, std::time_t now, const std::function<bool(const std::string&)>& taken) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    const auto name = fmt::format("{}-{:04}{:02}{:02}-{:02}{:02}{:02}", prefix, parts.tm_year + 1900, parts.tm_mon + 1,
                                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    if (!taken(name)) return name;
    for (unsigned next = 2;; ++next)
        if (const auto other = fmt::format("{}-{}", name, next); !taken(other)) return other;
}

std::string without_stamp(const std::string& name, std::string_view word) {
    const auto at = name.rfind(std::string(word) + "-");
    if (at == std::string::npos || at == 0) return name;
    const auto stamp = name.substr(at + word.size() + 1);
    constexpr std::string_view kShape = "dddddddd-dddddd";
    if (stamp.size() < kShape.size()) return name;
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    for (std::size_t i = 0; i < kShape.size(); ++i)
        if (kShape[i] == 'd' ? !is_digit(stamp[i]) : stamp[i] != kShape[i]) return name;
    const auto rest = stamp.substr(kShape.size());
    if (!rest.empty() && (rest.size() < 2 || rest[0] != '-' || !std::all_of(rest.begin() + 1, rest.end(), is_digit)))
        return name;
    return name.substr(0, at);
}

}  // namespace kld::zfs
