// SPDX-License-Identifier: BSD-3-Clause
#include "vm/serial.h"

#include <fmt/core.h>

#include <optional>
#include <regex>

#include "base/text.h"

namespace kld::vm {
namespace {

using Clock = std::chrono::steady_clock;

struct Hit {
    std::size_t begin;
    std::size_t end;
    Match match;
};

std::optional<Hit> find_text(const std::string& all, std::size_t from, const std::string& wanted) {
    const auto at = all.find(wanted, from);
    if (at == std::string::npos) return std::nullopt;
    return Hit{at, at + wanted.size(), {0, {wanted}}};
}

/// Line by line: std::regex recurses for each character of what it scans, and a transcript would take the whole stack.
std::optional<Hit> find_regex(const std::string& all, std::size_t from, const std::regex& wanted) {
    for (std::size_t begin = from; begin <= all.size();) {
        const auto end = std::min(all.find('\n', begin), all.size());
        std::match_results<std::string::const_iterator> found;
        const auto at = [&](std::size_t offset) { return all.begin() + static_cast<std::ptrdiff_t>(offset); };
        const bool continued = begin > 0 && all[begin - 1] != '\n';
        const auto flags = continued ? std::regex_constants::match_not_bol : std::regex_constants::match_default;
        if (std::regex_search(at(begin), at(end), found, wanted, flags)) {
            Hit hit{begin + static_cast<std::size_t>(found.position(0)), 0, {}};
            hit.end = hit.begin + static_cast<std::size_t>(found.length(0));
            for (const auto& group : found) hit.match.groups.push_back(group.str());
            return hit;
        }
        begin = end + 1;
    }
    return std::nullopt;
}

class Search {
public:
    explicit Search(const std::vector<Pattern>& patterns) : patterns_(patterns) {
        for (const auto& pattern : patterns) compiled_.emplace_back(pattern.regex ? pattern.text : std::string());
    }

    /// The earliest match at or behind `from`.
    std::optional<Hit> in(const std::string& all, std::size_t from) const {
        std::optional<Hit> best;
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            auto hit =
                patterns_[i].regex ? find_regex(all, from, compiled_[i]) : find_text(all, from, patterns_[i].text);
            if (!hit || (best && best->begin <= hit->begin)) continue;
            hit->match.which = i;
            best = std::move(hit);
        }
        return best;
    }

    std::size_t longest_text() const {
        std::size_t longest = 0;
        for (const auto& pattern : patterns_)
            if (!pattern.regex) longest = std::max(longest, pattern.text.size());
        return longest;
    }

private:
    const std::vector<Pattern>& patterns_;
    std::vector<std::regex> compiled_{};
};

std::string key_bytes(Key key) {
    switch (key) {
        case Key::enter:
            return "\r";
        case Key::escape:
            return "\x1b";
        case Key::up:
            return "\x1b[A";
        case Key::down:
            return "\x1b[B";
        case Key::right:
            return "\x1b[C";
        case Key::left:
            return "\x1b[D";
        case Key::home:
            return "\x1b[H";
        case Key::end:
            return "\x1b[F";
        case Key::page_up:
            return "\x1b[5~";
        case Key::page_down:
            return "\x1b[6~";
        case Key::tab:
            return "\t";
        case Key::backspace:
            return "\x7f";
    }
    return {};
}

}  // namespace

Result<Match> SerialConsole::expect(const std::vector<Pattern>& patterns, std::chrono::milliseconds limit) {
    const Search search(patterns);
    const auto deadline = Clock::now() + limit;
    std::size_t from = cursor_;
    for (;;) {
        const auto& all = transcript_.text();
        if (auto hit = search.in(all, from)) {
            cursor_ = hit->end;
            return std::move(hit->match);
        }
        // A boot log comes in pieces of a few bytes: only its last line, or what a text may begin with, is worth
        // another look.
        const auto back =
            std::min(transcript_.line_start(all.size()), all.size() - std::min(all.size(), search.longest_text()));
        from = std::max(cursor_, back);
        if (ended_) return fail(giving_up("the machine ended", patterns));
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0)
            return fail(giving_up(fmt::format("nothing came within {} s", static_cast<double>(limit.count()) / 1000),
                                  patterns));
        listen(std::min(left, patience_));
        if (const auto fault = emulators_fault(); !fault.empty())
            return fail(giving_up(fault, patterns, "start it again"));
    }
}

std::string SerialConsole::emulators_fault() const {
    const auto& all = transcript_.text();
    const auto has = [&](const char* text) { return all.find(text, cursor_) != std::string::npos; };
    if (has("Oops: int3:") && (has("---[ end Kernel panic") || has("Rebooting in ")))
        return fmt::format("{} (stale int3)", kEmulatorsFault);
    if (Clock::now() - heard_ < patience_) return {};
    const auto last = last_lines(all, 1);
    if (last.empty() || !last.front().starts_with("BdsDxe: starting ")) return {};
    return fmt::format("{}: it has never said anything", kEmulatorsFault);
}

void SerialConsole::listen(std::chrono::milliseconds limit) {
    for (const auto& piece : reader_->take(limit)) {
        transcript_.feed(piece.bytes, piece.when);
        heard_ = piece.when;
    }
    ended_ = reader_->ended();
}

Error SerialConsole::giving_up(const std::string& why, const std::vector<Pattern>& patterns,
                               const std::string& hint) const {
    std::vector<std::string> wanted;
    for (const auto& pattern : patterns)
        wanted.push_back(pattern.regex ? "/" + pattern.text + "/" : "\"" + pattern.text + "\"");
    Error error{fmt::format("waited on the serial console for {}, but {}", join(wanted, " or "), why), {}, hint};
    error.details = last_lines(transcript_.text(), 40);
    if (error.details.empty()) error.details.emplace_back("(the console said nothing at all)");
    return error;
}

Status SerialConsole::send(std::string_view bytes) {
    auto sent = fd_->write_all(bytes);
    if (!sent) return fail(std::move(sent).error().within("serial console"));
    return {};
}

Status SerialConsole::send_key(Key key) {
    return send(key_bytes(key));
}

}  // namespace kld::vm
