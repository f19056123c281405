// SPDX-License-Identifier: BSD-3-Clause
#include "status/machine.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "status/words.h"

namespace kld::status {
namespace {

using nlohmann::json;

/// The value of a field when it is a text; else nothing.
std::string text_of(const json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<Transaction> parse_transaction(const std::string& line) {
    const auto object = json::parse(line, nullptr, false);
    if (!object.is_object() || object.value("version", json()) != 1) return std::nullopt;
    const auto time = object.find("time");
    const auto argv = object.find("argv");
    Transaction one{text_of(object, "id")};
    one.result = text_of(object, "result");
    if (time == object.end() || !time->is_number_unsigned() || one.result.empty()) return std::nullopt;
    if (argv == object.end() || !argv->is_array()) return std::nullopt;
    one.time = time->get<std::uint64_t>();
    for (const auto& word : *argv) {
        if (!word.is_string()) return std::nullopt;
        one.argv.push_back(word.get<std::string>());
    }
    one.user = text_of(object, "user");
    one.snapshot = text_of(object, "snapshot");
    if (const auto changes = object.find("changes"); changes != object.end() && changes->is_array())
        one.packages = changes->size();
    return one;
}

}  // namespace

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

std::vector<Transaction> parse_transactions(std::string_view text, std::size_t limit) {
    std::vector<Transaction> found;
    const auto all = lines(text);
    for (auto line = all.rbegin(); line != all.rend() && found.size() < limit; ++line)
        if (auto one = parse_transaction(*line)) found.push_back(std::move(*one));
    return found;
}

}  // namespace kld::status
