// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/importable.h"

#include "base/text.h"

namespace kld::recovery {
namespace {

/// "  pool: rpool" → {"pool", "rpool"}; a line that begins with a tab has no key.
std::pair<std::string, std::string> read_line(const std::string& line) {
    const auto colon = line.find(':');
    if (line.starts_with('\t') || colon == std::string::npos) return {"", std::string(trim(line))};
    return {std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))};
}

void add(std::string& text, const std::string& more) {
    const auto all = join(words(replace_all(more, "\t", " ")), " ");
    if (!text.empty() && !all.empty()) text += " ";
    text += all;
}

}  // namespace

bool Importable::only_for_reading() const {
    return action.find("readonly=on") != std::string::npos;
}

std::vector<Importable> parse_importable(std::string_view output) {
    std::vector<Importable> pools;
    std::string field;
    for (const auto& line : lines(output)) {
        const auto [key, value] = read_line(line);
        if (!key.empty()) field = key;
        // Names keep their blanks.
        if (key == "pool") pools.push_back({value, 0, {}, {}, {}});
        if (pools.empty()) continue;
        auto& pool = pools.back();
        if (key == "id") pool.guid = parse_number(value).value_or(0);
        if (key == "state") pool.state = value;
        if (field == "status") add(pool.status, value);
        if (field == "action") add(pool.action, value);
    }
    return pools;
}

}  // namespace kld::recovery
