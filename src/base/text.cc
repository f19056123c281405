// SPDX-License-Identifier: BSD-3-Clause
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kld {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string> lines(std::string_view text) {
    if (text.empty()) return {};
    if (text.back() == '\n') text.remove_suffix(1);
    return split(text, '\n');
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
        const auto end = std::min(text.find_first_of(" \t", at), text.size());
        parts.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return parts;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) {
        if (&part != &parts.front()) text += separator;
        text += part;
    }
    return text;
}

std::string lower_case(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
    auto all = lines(text);
    if (all.size() > count) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
    return all;
}

std::string shell_quote(const std::string& word) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
    return "'" + replace_all(word, "'", "'\\''") + "'";
}

std::string shell_line(const std::vector<std::string>& argv) {
    std::vector<std::string> quoted;
    std::transform(argv.begin(), argv.end(), std::back_inserter(quoted), shell_quote);
    return join(quoted, " ");
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto bad = [&] {
        return fail(fmt::format("'{}' is not a size", text), "write a number with K, M, G or T, for example 8G",
                    ExitCode::usage);
    };
    double value = 0;
    const auto whole = trim(text);
    const auto [end, error] =
        std::from_chars(whole.data(), whole.data() + whole.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || !(value >= 0)) return bad();
    std::string_view suffix(end, static_cast<std::size_t>(whole.data() + whole.size() - end));
    if (suffix.ends_with("iB"))
        suffix.remove_suffix(2);
    else if (suffix.ends_with("B"))
        suffix.remove_suffix(1);
    constexpr std::string_view kSuffixes = "KMGT";
    int power = 0;
    if (!suffix.empty()) {
        const auto at = kSuffixes.find(suffix);
        if (at == std::string_view::npos || suffix.size() != 1) return bad();
        power = static_cast<int>(at) + 1;
    }
    const double bytes = value * std::pow(1024.0, power);
    if (bytes >= 9.2e18) return bad();
    return static_cast<std::uint64_t>(bytes);
}

Result<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return fail(fmt::format("'{}' is not a whole number", text), {}, ExitCode::usage);
    return value;
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
}

}  // namespace kld
