// SPDX-License-Identifier: BSD-3-Clause
#include "status/machine.h"

#include <map>
#include <set>

#include "base/text.h"
#include "status/words.h"

namespace kld::status {

std::optional<Arc> parse_arcstats(std::string_view text) {
    std::map<std::string, std::uint64_t> values;
    for (const auto& line : lines(text))
        if (const auto fields = words(line); fields.size() == 3)
            if (const auto value = parse_number(fields[2])) values[fields[0]] = *value;
    for (const auto* needed : {"size", "c_max", "hits", "misses"})
        if (!values.contains(needed)) return std::nullopt;
    return Arc{values["size"], values["c_max"], values["hits"] + values["iohits"], values["misses"]};
}

std::optional<Memory> parse_meminfo(std::string_view text) {
    constexpr std::uint64_t kKibibyte = 1024;
    std::map<std::string, std::uint64_t> values;
    for (const auto& line : lines(text))
        if (const auto fields = words(line); fields.size() == 3 && fields[2] == "kB")
            if (const auto value = parse_number(fields[1])) values[fields[0]] = *value * kKibibyte;
    if (!values.contains("MemTotal:") || !values.contains("MemAvailable:")) return std::nullopt;
    return Memory{values["MemTotal:"], values["MemAvailable:"]};
}

std::optional<std::uint64_t> parse_processors(std::string_view text) {
    std::uint64_t count = 0;
    for (const auto& range : split(trim(text), ',')) {
        const auto ends = split(range, '-');
        const auto first = parse_number(ends.front()), last = parse_number(ends.back());
        if (!first || !last || ends.size() > 2 || *last < *first) return std::nullopt;
        count += *last - *first + 1;
    }
    return count;
}

std::optional<std::vector<double>> parse_load(std::string_view text) {
    constexpr std::size_t kAverages = 3;
    const auto fields = words(trim(text));
    if (fields.size() < kAverages) return std::nullopt;
    std::vector<double> load;
    for (std::size_t i = 0; i < kAverages; ++i) {
        const auto value = decimal(fields[i]);
        if (!value) return std::nullopt;
        load.push_back(*value);
    }
    return load;
}

std::optional<std::uint64_t> parse_uptime(std::string_view text) {
    const auto value = parse_number(text.substr(0, text.find('.')));
    if (!value) return std::nullopt;
    return *value;
}

std::vector<std::string> parse_failed_units(std::string_view text) {
    std::vector<std::string> units;
    for (const auto& line : lines(text))
        if (const auto fields = words(line); !fields.empty()) units.push_back(fields[0]);
    return units;
}

std::vector<packages::Record> newest_transactions(std::string_view log, std::size_t limit) {
    std::vector<packages::Record> found;
    std::set<std::string> seen;
    const auto all = lines(log);
    // From the end: the log grows for years, and a handful is wanted.
    for (auto line = all.rbegin(); line != all.rend() && found.size() < limit; ++line) {
        auto record = packages::parse_line(*line);
        if (!record || !seen.insert(record->id).second || record->result == "nothing") continue;
        found.push_back(std::move(*record));
    }
    return found;
}

}  // namespace kld::status
