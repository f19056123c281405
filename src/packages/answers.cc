// SPDX-License-Identifier: BSD-3-Clause
#include "packages/answers.h"

#include "base/text.h"

namespace kld::packages {
namespace {

constexpr const char* kBlanks = " \t";

/// The first word of a line, and what comes behind it.
struct Parts {
    std::string word, rest;
};

Parts first_word(std::string_view line) {
    line = trim(line);
    const auto end = line.find_first_of(kBlanks);
    if (end == std::string_view::npos) return {std::string(line), {}};
    return {std::string(line.substr(0, end)), std::string(trim(line.substr(end)))};
}

bool is_indented(const std::string& line) {
    return line.starts_with(' ') || line.starts_with('\t');
}

/// A line as a field, or as more of the last one.
using TakeLine = void (*)(const std::string& line, Stanza& stanza);

/// Stanzas, which empty lines tell apart.
std::vector<Stanza> read_stanzas(std::string_view output, TakeLine take) {
    std::vector<Stanza> all;
    Stanza stanza;
    for (const auto& line : lines(output)) {
        if (!trim(line).empty()) {
            take(line, stanza);
        } else if (!stanza.empty()) {
            all.push_back(std::move(stanza));
            stanza.clear();
        }
    }
    if (!stanza.empty()) all.push_back(std::move(stanza));
    return all;
}

void add_line(Stanza& stanza, std::string_view text) {
    if (!stanza.empty()) stanza.back().second.append("\n").append(text);
}

}  // namespace

std::vector<Found> found_by_apt(std::string_view output) {
    std::vector<Found> all;
    for (const auto& line : lines(output))
        if (const auto at = line.find(" - "); at != std::string::npos && at > 0)
            all.push_back({line.substr(0, at), {}, line.substr(at + 3)});
    return all;
}

std::vector<Found> found_by_dnf(std::string_view output) {
    std::vector<Found> all;
    for (const auto& line : lines(output)) {
        // "name.arch : text" of dnf 4; "name.arch: text", later "name.arch<tab>text", of dnf 5.
        auto [word, rest] = first_word(line);
        if (word.ends_with(':')) word.pop_back();
        if (rest.starts_with(':')) rest = trim(rest.substr(1));
        const auto point = word.rfind('.');
        if (point == std::string::npos || point == 0 || word.find_first_of("=/:") != std::string::npos) continue;
        if (point + 1 < word.size()) all.push_back({std::move(word), {}, std::move(rest)});
    }
    return all;
}

std::vector<Found> found_by_pacman(std::string_view output) {
    std::vector<Found> all;
    for (const auto& line : lines(output)) {
        if (is_indented(line)) {
            if (!all.empty()) all.back().summary += (all.back().summary.empty() ? "" : " ") + std::string(trim(line));
            continue;
        }
        const auto fields = words(line);
        const auto slash = fields.empty() ? std::string::npos : fields[0].find('/');
        if (slash != std::string::npos && fields.size() > 1)
            all.push_back({fields[0].substr(slash + 1), fields[1], {}});
    }
    return all;
}

std::vector<Found> found_by_pkg(std::string_view output) {
    std::vector<Found> all;
    for (const auto& line : lines(output)) {
        auto [word, rest] = first_word(line);
        const auto dash = word.rfind('-');
        if (dash != std::string::npos && dash > 0)
            all.push_back({word.substr(0, dash), word.substr(dash + 1), std::move(rest)});
    }
    return all;
}

std::vector<Stanza> stanzas_of_deb(std::string_view output) {
    return read_stanzas(output, [](const std::string& line, Stanza& stanza) {
        if (is_indented(line)) {
            add_line(stanza, line == " ." ? std::string_view() : std::string_view(line).substr(1));
        } else if (const auto at = line.find(':'); at != std::string::npos && at > 0) {
            stanza.emplace_back(line.substr(0, at), trim(line.substr(at + 1)));
        }
    });
}

std::vector<Stanza> stanzas_in_columns(std::string_view output) {
    return read_stanzas(output, [](const std::string& line, Stanza& stanza) {
        if (is_indented(line)) {
            auto text = trim(line);
            if (text.starts_with(':')) text = text.substr(text.starts_with(": ") ? 2 : 1);
            add_line(stanza, text);
        } else if (const auto at = line.find(" :"); at != std::string::npos && at > 0) {
            stanza.emplace_back(trim(line.substr(0, at)), trim(line.substr(at + 2)));
        }
    });
}

}  // namespace kld::packages
