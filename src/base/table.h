// SPDX-License-Identifier: BSD-3-Clause
// One row model for every listing, and its three faces: a table for people, lines for scripts, JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace kld {

enum class Unit { text, number, bytes, time };

struct Column {
    std::string key;    ///< in JSON: "referenced"
    std::string title;  ///< for people: "REFER"
    Unit unit = Unit::text;
};

/// Nothing, a text, a number (bytes; seconds since 1970 for times; a plain count), yes and no, or a ratio, which has two
/// decimals.
using Cell = std::variant<std::monostate, std::string, std::uint64_t, bool, double>;

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
};

// In both texts a control character (a tab, a newline) becomes a blank.

/// Columns padded to their widest cell, numbers to the right, below a line of titles; sizes and local times as people
/// read them. No rows, no text.
std::string to_columns(const Table& table);

/// A line a row, tabs between the cells, no titles; numbers and times are plain numbers, nothing is "-".
std::string to_tabs(const Table& table);

/// {"version": 1, "<name>": [{"<key>": …}]}; nothing is null.
std::string to_json(const Table& table, const std::string& name);

/// "2026-11-27 03:57" in local time.
std::string local_time(std::uint64_t seconds);

}  // namespace kld
