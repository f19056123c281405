// SPDX-License-Identifier: BSD-3-Clause
#include "packages/log.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"

namespace kld::packages {
namespace {

using nlohmann::ordered_json;

std::optional<std::string> text_of(const nlohmann::json& object, const char* key) {
    const auto at = object.find(key);
    if (at == object.end() || !at->is_string()) return std::nullopt;
    return at->get<std::string>();
}

}  // namespace

std::vector<Change> changes_between(const Packages& before, const Packages& after) {
    std::set<std::string> names;
    for (const auto& [name, version] : before) names.insert(name);
    for (const auto& [name, version] : after) names.insert(name);
    const auto version = [](const Packages& all, const std::string& name) -> std::optional<std::string> {
        const auto at = all.find(name);
        if (at == all.end()) return std::nullopt;
        return at->second;
    };
    std::vector<Change> changes;
    for (const auto& name : names)
        if (auto old = version(before, name), now = version(after, name); old != now)
            changes.push_back({name, std::move(old), std::move(now)});
    return changes;
}

std::vector<std::string> half_done(const std::vector<Change>& changes) {
    std::vector<std::string> names;
    // Of dpkg "(iU)", or "(iHR)" of one that wants to be installed again; what came of others has no such end.
    for (const auto& change : changes) {
        if (!change.after || !change.after->ends_with(")")) continue;
        const auto state = std::string_view(*change.after).substr(change.after->rfind('(') + 1);
        if (state == "iU)" || state == "iF)" || state.starts_with("iH") || state.ends_with("R)"))
            names.push_back(change.package);
    }
    return names;
}

std::string to_line(const Record& record) {
    auto changes = ordered_json::array();
    const auto or_null = [](const std::optional<std::string>& text) {
        return text ? ordered_json(*text) : ordered_json();
    };
    for (const auto& change : record.changes)
        changes.push_back(
            {{"package", change.package}, {"before", or_null(change.before)}, {"after", or_null(change.after)}});
    return ordered_json{{"version", 1},
                        {"id", record.id},
                        {"time", record.time},
                        {"user", record.user},
                        {"argv", record.argv},
                        {"manager", record.manager},
                        {"snapshot", record.snapshot},
                        {"environment", record.environment},
                        {"result", record.result},
                        {"exit_code", record.exit_code},
                        {"changes", changes}}
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<Record> parse_line(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto version = json.find("version");
    if (version == json.end() || *version != 1) return std::nullopt;
    const auto id = text_of(json, "id");
    if (!id) return std::nullopt;
    Record record{*id};
    if (const auto at = json.find("time"); at != json.end() && at->is_number_unsigned()) record.time = *at;
    if (const auto at = json.find("exit_code"); at != json.end() && at->is_number_integer()) record.exit_code = *at;
    record.user = text_of(json, "user").value_or("");
    record.manager = text_of(json, "manager").value_or("");
    record.snapshot = text_of(json, "snapshot").value_or("");
    record.environment = text_of(json, "environment").value_or("");
    record.result = text_of(json, "result").value_or("");
    if (const auto at = json.find("argv"); at != json.end() && at->is_array())
        for (const auto& word : *at)
            if (word.is_string()) record.argv.push_back(word);
    if (const auto at = json.find("changes"); at != json.end() && at->is_array())
        for (const auto& change : *at)
            if (change.is_object())
                if (const auto name = text_of(change, "package"))
                    record.changes.push_back({*name, text_of(change, "before"), text_of(change, "after")});
    return record;
}

std::vector<Record> read_log(Files& files) {
    std::vector<Record> records;
    for (const auto& line : lines(files.read(kLog).value_or(""))) {
        auto record = parse_line(line);
        if (!record) continue;
        const auto same =
            std::find_if(records.rbegin(), records.rend(), [&](const Record& other) { return other.id == record->id; });
        if (same != records.rend())
            *same = std::move(*record);
        else
            records.push_back(std::move(*record));
    }
    return records;
}

Status append(const Record& record, Files& files) {
    const std::string path = kLog;
    KLD_CHECK(files.make_directories(path.substr(0, path.rfind('/'))));
    // What a power cut left of a line is ended first.
    const auto known = files.read(path).value_or("");
    const bool half = !known.empty() && known.back() != '\n';
    return files.append(path, (half ? "\n" : "") + to_line(record) + "\n");
}

}  // namespace kld::packages
