// SPDX-License-Identifier: BSD-3-Clause
#include "menu/snapshots.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "zfs/properties.h"

namespace kld::menu {
namespace {

constexpr std::chrono::seconds kListTime{60};
constexpr std::size_t kLongestName = 255;

}  // namespace

std::string Snapshot::created_text() const {
    const std::chrono::sys_seconds time{std::chrono::seconds(created)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

Result<std::vector<Snapshot>> list_snapshots(Runner& runner, const std::string& environment) {
    Command list{{"zfs", "list", "-Hp", "-d", "1", "-t", "snapshot", "-o", "name,creation", environment}};
    list.timeout = kListTime;
    KLD_TRY(const auto output, runner.run(list));
    std::vector<Snapshot> snapshots;
    for (const auto& line : lines(output.out)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 2 || !fields[0].starts_with(environment + "@"))
            return fail(fmt::format("zfs list printed a line that is no snapshot of {}: '{}'", environment, line));
        KLD_TRY(const auto created, parse_number(fields[1]));
        snapshots.push_back({fields[0].substr(environment.size() + 1), created});
    }
    // zfs lists them in the order of their making, which tells those of one second apart.
    std::reverse(snapshots.begin(), snapshots.end());
    std::stable_sort(snapshots.begin(), snapshots.end(),
                     [](const auto& a, const auto& b) { return a.created > b.created; });
    return snapshots;
}

std::string clone_name(const std::string& environment, const std::string& snapshot,
                       const std::set<std::string>& taken) {
    auto name = environment + "_" + snapshot;
    std::replace(name.begin(), name.end(), ' ', '-');
    name = name.substr(0, kLongestName);
    auto free = name;
    for (int number = 2; taken.contains(free); ++number) {
        const auto suffix = fmt::format("-{}", number);
        free = name.substr(0, kLongestName - suffix.size()) + suffix;
    }
    return free;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_own_properties(std::string_view output) {
    static const std::set<std::string> kOfThePlace{"mountpoint", "canmount", "quota", "refquota", "reservation",
                                                   "refreservation", "filesystem_limit", "snapshot_limit",
                                                   // The clone has them from its origin.
                                                   "encryption", "keyformat", "keylocation", "pbkdf2iters",
                                                   "casesensitivity", "normalization", "utf8only",
                                                   // Who has these was made by kldload, which may take it away again.
                                                   zfs::kReason, zfs::kUnfinished};
    std::vector<std::pair<std::string, std::string>> properties;
    for (const auto& line : lines(output)) {
        const auto tab = line.find('\t');
        if (tab == std::string::npos || tab == 0)
            return fail(fmt::format("a property's value has more than one line: '{}'", line));
        const auto name = line.substr(0, tab);
        if (!kOfThePlace.contains(name)) properties.emplace_back(name, line.substr(tab + 1));
    }
    return properties;
}

std::vector<std::string> clone_command(const std::string& snapshot, const std::string& clone,
                                       const std::vector<std::pair<std::string, std::string>>& properties) {
    std::vector<std::string> argv{"zfs", "clone", "-o", "mountpoint=/", "-o", "canmount=noauto"};
    for (const auto& [name, value] : properties) {
        argv.emplace_back("-o");
        argv.push_back(name + "=" + value);
    }
    argv.push_back(snapshot);
    argv.push_back(clone);
    return argv;
}

}  // namespace kld::menu
