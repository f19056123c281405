// SPDX-License-Identifier: BSD-3-Clause
#include "boot/dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace kld::boot {

const char* const kBootProperties =
    "mountpoint,canmount,keystatus,keyformat,encryptionroot,org.zfsbootmenu:active,org.zfsbootmenu:kernel,org."
    "zfsbootmenu:commandline,"
    "org.zfsbootmenu:rootprefix,org.kldload:keymap";

namespace {

/// In the C locale, whatever the process has. Asked for each byte of what `zfs get all` prints.
bool is_alphanumeric(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

/// What `zfs get` prints of one property. The value is as it was set, with tabs and line breaks.
struct Record {
    std::string name, property;
    std::string rest;  ///< value, tab, source
};

bool is_made_of(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [&](char letter) {
        return is_alphanumeric(letter) || others.find(letter) != std::string_view::npos;
    });
}

/// Datasets, snapshots and bookmarks: what zfs(8) allows in their names.
bool can_be_a_dataset(std::string_view name) {
    return !name.empty() && is_alphanumeric(name.front()) && is_made_of(name, "_-.:/@# %");
}

/// "used", "written@snapshot", "org.zfsbootmenu:active".
bool can_be_a_property(std::string_view name) {
    return !name.empty() && name.front() != '-' && is_made_of(name, "_-.:@/# %+");
}

std::optional<Record> begin_record(const std::string& line, const std::vector<std::string>& wanted) {
    const auto first = line.find('\t');
    const auto second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos) return std::nullopt;
    Record record{line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    const bool known = wanted.empty() ? can_be_a_property(record.property) : contains(wanted, record.property);
    return known && can_be_a_dataset(record.name) ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace

const std::string& Dataset::value(const std::string& property) const {
    static const std::string kUnset = "-";
    const auto at = properties.find(property);
    return at == properties.end() ? kUnset : at->second.value;
}

Result<std::vector<Dataset>> parse_datasets(std::string_view output, std::string_view asked) {
    const auto wanted = asked.empty() ? std::vector<std::string>() : split(asked, ',');
    const auto all = lines(output);
    std::vector<Record> records;
    for (const auto& line : all) {
        auto record = begin_record(line, wanted);
        // A value of more than one line has its source behind the last one: until then no line begins anything.
        const bool open = !records.empty() && records.back().rest.find('\t') == std::string::npos;
        if (record && !open)
            records.push_back(std::move(*record));
        else if (!records.empty())
            records.back().rest += '\n' + line;
    }
    std::vector<Dataset> datasets;
    for (const auto& [name, property, rest] : records) {
        const auto tab = rest.rfind('\t');
        if (tab == std::string::npos) continue;
        if (datasets.empty() || datasets.back().name != name) datasets.push_back({name, {}});
        datasets.back().properties[property] = {rest.substr(0, tab), rest.substr(tab + 1)};
    }
    if (datasets.empty() && !all.empty())
        return fail(fmt::format("zfs get printed a line without four fields: '{}'", all.front()));
    return datasets;
}

const Dataset* find_dataset(const std::vector<Dataset>& datasets, std::string_view name) {
    for (const auto& dataset : datasets)
        if (dataset.name == name) return &dataset;
    return nullptr;
}

std::string parent_of(std::string_view dataset) {
    return std::string(dataset.substr(0, dataset.rfind('/')));
}

std::string pool_of(std::string_view dataset) {
    return std::string(dataset.substr(0, dataset.find('/')));
}

}  // namespace kld::boot
