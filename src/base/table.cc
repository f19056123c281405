// SPDX-License-Identifier: BSD-3-Clause
#include "base/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kld {
namespace {

constexpr const char* kNothing = "-";

/// What would break a line, or a terminal, becomes a blank.
std::string in_one_line(std::string text) {
    for (auto& letter : text)
        if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = ' ';
    return text;
}

std::string for_people(const Cell& cell, Unit unit) {
    if (const auto* text = std::get_if<std::string>(&cell)) return text->empty() ? kNothing : in_one_line(*text);
    if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "yes" : "no";
    if (const auto* ratio = std::get_if<double>(&cell)) return fmt::format("{:.2f}", *ratio);
    const auto* number = std::get_if<std::uint64_t>(&cell);
    if (number == nullptr) return kNothing;
    if (unit == Unit::bytes) return human_bytes(*number);
    return unit == Unit::time ? local_time(*number) : std::to_string(*number);
}

nlohmann::ordered_json for_programs(const Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* flag = std::get_if<bool>(&cell)) return *flag;
    if (const auto* number = std::get_if<std::uint64_t>(&cell)) return *number;
    if (const auto* ratio = std::get_if<double>(&cell)) return *ratio;
    return nullptr;
}

/// Columns of a terminal, for text in UTF-8: bytes that begin a character.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
    const std::string blanks(to - std::min(to, width(text)), ' ');
    return right ? blanks + text : text + blanks;
}

}  // namespace

std::string to_columns(const Table& table) {
    if (table.rows.empty()) return {};
    std::vector<std::vector<std::string>> cells(1);
    for (const auto& column : table.columns) cells[0].push_back(column.title);
    for (const auto& row : table.rows) {
        auto& line = cells.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) line.push_back(for_people(row[i], table.columns[i].unit));
    }
    std::vector<std::size_t> widths(table.columns.size());
    for (const auto& line : cells)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
    std::string text;
    for (const auto& line : cells) {
        std::string out;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const auto unit = table.columns[i].unit;
            out += padded(line[i], widths[i], unit == Unit::bytes || unit == Unit::number) + "  ";
        }
        text += out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string to_tabs(const Table& table) {
    std::string text;
    for (const auto& row : table.rows) {
        std::vector<std::string> cells;
        for (const auto& cell : row) cells.push_back(for_people(cell, Unit::number));
        text += join(cells, "\t") + "\n";
    }
    return text;
}

std::string to_json(const Table& table, const std::string& name) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& row : table.rows) {
        nlohmann::ordered_json object;
        for (std::size_t i = 0; i < row.size(); ++i) object[table.columns[i].key] = for_programs(row[i]);
        rows.push_back(std::move(object));
    }
    // Names of files need not be UTF-8, and JSON must.
    const nlohmann::ordered_json root{{"version", 1}, {name, std::move(rows)}};
    return root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string local_time(std::uint64_t seconds) {
    const auto moment = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::localtime_r(&moment, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min);
}

}  // namespace kld
