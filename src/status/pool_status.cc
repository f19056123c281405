// SPDX-License-Identifier: BSD-3-Clause
#include "status/pool_status.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/text.h"

namespace kld::status {
namespace {

const std::vector<std::string> kDeviceStates{"ONLINE",  "DEGRADED", "FAULTED", "OFFLINE", "REMOVED",
                                             "UNAVAIL", "SPLIT",    "CLOSED",  "AVAIL",   "INUSE"};

/// What stands behind a label, line by line.
using Section = std::vector<std::string>;

/// What is printed of one pool. A sequential resilver has a line "scan:" of its own behind the scrub's, for as long as
/// its end is known: of them all are kept.
struct Printed {
    std::map<std::string, Section> sections{};
    std::vector<Section> scans{};
};

/// The label of a line ("action" in "action: Attach …"): right-aligned at the seventh column, never behind a tab.
std::string label_of(const std::string& line) {
    const auto colon = line.find(':');
    if (line.starts_with('\t') || colon == std::string::npos || colon > 10) return {};
    const auto word = trim(std::string_view(line).substr(0, colon));
    const bool plain = !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
    return plain ? std::string(word) : std::string();
}

/// "Sun Nov  8 00:24:02 2026", as ctime(3) writes it.
std::optional<std::time_t> parse_ctime(std::string_view text) {
    std::tm parts{};
    const std::string words(trim(text));
    const char* end = ::strptime(words.c_str(), "%a %b %d %H:%M:%S %Y", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    parts.tm_isdst = -1;
    const auto time = std::mktime(&parts);
    if (time == -1) return std::nullopt;
    return time;
}

/// The time behind `word` in the line.
std::time_t time_behind(const std::string& line, std::string_view word) {
    const auto at = line.find(word);
    return at == std::string::npos ? 0 : parse_ctime(std::string_view(line).substr(at + word.size())).value_or(0);
}

/// The number in front of `word`: "34.21" for "% done".
std::optional<double> number_before(const std::string& line, std::string_view word) {
    const auto at = line.find(word);
    if (at == std::string::npos || at == 0) return std::nullopt;
    const auto begin = line.find_last_not_of("0123456789.", at - 1);
    const auto first = begin == std::string::npos ? 0 : begin + 1;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data() + first, line.data() + at, value, std::chars_format::fixed);
    if (error != std::errc{} || end != line.data() + at) return std::nullopt;
    return value;
}

std::optional<Scan> parse_scan(const Section& text) {
    if (text.empty() || text[0].starts_with("none requested")) return std::nullopt;
    const auto& line = text[0];
    Scan scan;
    if (line.starts_with("error scrub"))
        scan.kind = "error scrub";
    else
        scan.kind = line.starts_with("scrub") ? "scrub" : "resilver";
    if (line.find(" in progress since ") != std::string::npos) {
        scan.state = "running";
        scan.time = time_behind(line, " since ");
    } else if (line.find(" paused since ") != std::string::npos) {
        scan.state = "paused";
        scan.time = time_behind(line, " since ");
    } else {
        scan.state = line.find(" canceled on ") != std::string::npos ? "canceled" : "finished";
        scan.time = time_behind(line, " on ");
    }
    if (const auto errors = number_before(line, " errors on ")) scan.errors = static_cast<std::uint64_t>(*errors);
    for (const auto& more : text)
        if (const auto percent = number_before(more, "% done")) scan.percent = percent;
    return scan;
}

/// What runs comes first, then what rests, then what ended last.
std::optional<Scan> choose_scan(const std::vector<Section>& texts) {
    const auto rank = [](const Scan& scan) {
        const int going_on = scan.state == "running" ? 2 : scan.state == "paused" ? 1 : 0;
        return std::pair(going_on, scan.time);
    };
    std::optional<Scan> chosen;
    for (const auto& text : texts)
        if (auto scan = parse_scan(text); scan && (!chosen || rank(*scan) > rank(*chosen))) chosen = std::move(scan);
    return chosen;
}

/// A line of the table of devices.
struct Row {
    std::size_t depth = 0;
    Device device{};
    Errors counted{};  ///< its own or those of what lies below it, whichever are more
};

std::optional<Row> parse_row(const std::string& line) {
    const auto parts = words(line);
    // File vdevs may have blanks in their names: the state is the first word that is one.
    const auto state =
        std::find_if(parts.begin(), parts.end(), [](const std::string& word) { return contains(kDeviceStates, word); });
    if (state == parts.end() || state == parts.begin()) return std::nullopt;
    Row row{line.find_first_not_of(" \t"), {join({parts.begin(), state}, " "), *state}};
    auto rest = state + 1;
    if (parts.end() - rest >= 3) {
        const auto read = parse_number(rest[0]), write = parse_number(rest[1]), checksum = parse_number(rest[2]);
        if (read && write && checksum) {
            row.device.errors = {*read, *write, *checksum};
            rest += 3;
        }
    }
    row.device.note = join({rest, parts.end()}, " ");
    row.counted = row.device.errors;
    return row;
}

Errors sum(const Errors& left, const Errors& right) {
    return {left.read + right.read, left.write + right.write, left.checksum + right.checksum};
}

Errors larger(const Errors& left, const Errors& right) {
    return {std::max(left.read, right.read), std::max(left.write, right.write),
            std::max(left.checksum, right.checksum)};
}

/// A mirror with one failing disk has no errors itself, and a pool that lost data may have some that no disk has: of a
/// group and what it is made of, the larger number counts.
Errors count_errors(const std::vector<Row>& rows, std::size_t& at) {
    const auto& row = rows[at++];
    Errors below;
    while (at < rows.size() && rows[at].depth > row.depth) below = sum(below, count_errors(rows, at));
    return larger(row.counted, below);
}

Status parse_devices(const std::vector<std::string>& text, PoolHealth& pool) {
    std::vector<Row> rows;
    for (const auto& line : text) {
        if (words(line).empty() || words(line)[0] == "NAME") continue;
        auto row = parse_row(line);
        // "logs", "cache", "spares" and the like are headings.
        if (!row && words(line).size() == 1) continue;
        if (!row) return fail(fmt::format("zpool status printed a device that is not understood: '{}'", line));
        const bool fine = row->device.state == "ONLINE" || row->device.state == "AVAIL";
        const bool whole_pool = rows.empty();
        if (!whole_pool && (!fine || row->device.errors.any())) pool.devices.push_back(row->device);
        rows.push_back(std::move(*row));
    }
    for (std::size_t at = 0; at < rows.size();) pool.errors = sum(pool.errors, count_errors(rows, at));
    return {};
}

std::optional<std::uint64_t> parse_data_errors(const std::vector<std::string>& text) {
    if (text.empty()) return std::nullopt;
    if (text[0].starts_with("No known data errors")) return 0;
    const auto number = parse_number(words(text[0]).empty() ? "" : words(text[0])[0]);
    if (number) return *number;
    return std::nullopt;
}

Result<PoolHealth> make_pool(const Printed& printed) {
    const auto part = [&](const char* name) {
        const auto at = printed.sections.find(name);
        return at == printed.sections.end() ? Section{} : at->second;
    };
    const auto text = [&](const char* name) { return std::string(trim(join(part(name), " "))); };
    PoolHealth pool{text("pool"), text("state"), text("status"), text("action"), text("see")};
    if (pool.state.empty()) return fail(fmt::format("zpool status says no state of the pool {}", pool.name));
    pool.scan = choose_scan(printed.scans);
    KLD_CHECK(parse_devices(part("config"), pool));
    pool.data_errors = parse_data_errors(part("errors"));
    return pool;
}

}  // namespace

Result<std::vector<PoolHealth>> parse_pool_status(std::string_view text) {
    std::vector<Printed> found;
    std::string label;
    for (const auto& line : lines(text)) {
        const auto next = label_of(line);
        if (next == "pool") found.emplace_back();
        if (found.empty()) continue;
        auto& printed = found.back();
        if (!next.empty()) {
            label = next;
            if (label == "scan") printed.scans.emplace_back();
        }
        auto& section = label == "scan" ? printed.scans.back() : printed.sections[label];
        if (!next.empty())
            section.assign(1, std::string(trim(std::string_view(line).substr(line.find(':') + 1))));
        else if (label == "config")
            section.push_back(line);
        else if (!trim(line).empty())
            section.emplace_back(trim(line));
    }
    std::vector<PoolHealth> pools;
    for (const auto& printed : found) {
        KLD_TRY(auto pool, make_pool(printed));
        pools.push_back(std::move(pool));
    }
    return pools;
}

}  // namespace kld::status
