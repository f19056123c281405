// SPDX-License-Identifier: BSD-3-Clause
#include "snap/diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace kld::snap {
namespace {

constexpr std::size_t kDigits = 4;

/// "\0040" is a blank: a backslash and four octal digits.
std::string unescape(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1, kDigits);
        unsigned byte = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 8);
        if (text[i] == '\\' && digits.size() == kDigits && end == digits.data() + kDigits && error == std::errc{} &&
            byte <= 0xFF) {
            plain += static_cast<char>(byte);
            i += kDigits;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::string escape(const std::string& text) {
    std::string escaped;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < ' ' || byte == 0x7F || letter == '\\')
            escaped += fmt::format("\\{:04o}", byte);
        else
            escaped += letter;
    }
    return escaped;
}

Result<Change> parse_line(const std::string& line) {
    const auto bad = [&] { return fail(fmt::format("zfs diff printed a line that is not understood: '{}'", line)); };
    const auto fields = split(line, '\t');
    if (fields.size() < 3 || fields[0].size() != 1 || fields[1].size() != 1 || fields[2].empty()) return bad();
    Change change{fields[0][0], fields[1][0], unescape(fields[2])};
    const bool renamed = change.kind == 'R';
    if (std::string_view("+-MR").find(change.kind) == std::string_view::npos) return bad();
    if (fields.size() != (renamed ? 4U : 3U) && !(change.kind == 'M' && fields.size() == 4)) return bad();
    if (renamed) {
        change.new_path = unescape(fields[3]);
    } else if (fields.size() == 4) {
        const auto& links = fields[3];  // "(+1)"
        if (links.size() < 4 || !links.starts_with('(') || links.back() != ')') return bad();
        const auto* first = links.data() + (links[1] == '+' ? 2 : 1);
        const auto [end, error] = std::from_chars(first, links.data() + links.size() - 1, change.links);
        if (error != std::errc{} || end != links.data() + links.size() - 1) return bad();
    }
    return change;
}

/// "/var/lib/dpkg/status" → "/var/lib"; a path of two parts is its own folder's: "/etc/passwd" → "/etc".
std::string folder_of(const std::string& path) {
    const auto second = path.find('/', 1);
    if (second == std::string::npos) return "/";
    const auto third = path.find('/', second + 1);
    return path.substr(0, third == std::string::npos ? second : third);
}

const char* word_of(char kind) {
    if (kind == '+') return "made";
    if (kind == '-') return "removed";
    return kind == 'R' ? "renamed" : "changed";
}

}  // namespace

Result<std::vector<Change>> parse_diff(std::string_view output) {
    std::vector<Change> changes;
    for (const auto& line : lines(output)) {
        KLD_TRY(auto change, parse_line(line));
        changes.push_back(std::move(change));
    }
    return changes;
}

Result<std::vector<Change>> read_diff(Runner& runner, const std::string& since, const std::string& until) {
    // It reads every changed directory; there may be millions of files.
    auto output = runner.run({.argv = {"zfs", "diff", "-FH", since, until}, .timeout = std::chrono::hours(24)});
    if (!output)
        return fail(
            std::move(output.error()).with_hint("the dataset must be mounted, and the second be the later one"));
    return parse_diff(output->out);
}

Table list_changes(const std::vector<Change>& changes, bool exact) {
    Table table{{{"change", ""}, {"type", ""}, {"path", "Path"}, {"new_path", "New path"}, {"links", "", Unit::text}},
                {}};
    for (const auto& change : changes) {
        const auto name = [&](const std::string& path) { return exact ? path : escape(path); };
        table.rows.push_back({std::string(1, change.kind), std::string(1, change.type), name(change.path),
                              change.new_path.empty() ? Cell{} : name(change.new_path),
                              change.links == 0 ? Cell{} : fmt::format("{:+}", change.links)});
    }
    return table;
}

std::string summary(const std::vector<Change>& changes, const std::string& since) {
    constexpr std::size_t kShown = 8;
    if (changes.empty()) return fmt::format("no file has changed since {}\n", since);
    std::map<std::string, std::size_t> by_folder;
    for (const auto& change : changes) ++by_folder[folder_of(change.path)];
    std::vector<std::pair<std::string, std::size_t>> folders(by_folder.begin(), by_folder.end());
    std::stable_sort(folders.begin(), folders.end(),
                     [](const auto& left, const auto& right) { return left.second > right.second; });
    auto text = fmt::format("changes since {}: {}\n", since, changes.size());
    for (std::size_t i = 0; i < std::min(kShown, folders.size()); ++i)
        text += fmt::format("  {} in {}\n", folders[i].second, escape(folders[i].first));
    if (folders.size() > kShown) text += fmt::format("  and {} more folders\n", folders.size() - kShown);
    text += "the first of them:\n";
    for (std::size_t i = 0; i < std::min(kShown, changes.size()); ++i)
        text += fmt::format("  {} {}\n", word_of(changes[i].kind), escape(changes[i].path));
    return text;
}

}  // namespace kld::snap
