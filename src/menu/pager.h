// SPDX-License-Identifier: BSD-3-Clause
// Text that is longer than the screen, and the part of it that is shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "menu/keys.h"

namespace kld::menu {

class Pager {
public:
    Pager() = default;
    /// Tabs are widened and long lines go on in the next row.
    /// @param at_end  begin with the last lines, as a log wants
    Pager(std::string title, std::string_view text, bool at_end = false);

    /// Scrolls with arrows, j, k, pages, blank, Home and End. @returns false for any other key
    bool press(const Key& key);
    const std::string& title() const { return title_; }
    /// At most kTextRows rows of at most kWidth characters.
    std::vector<std::string> shown() const;
    /// "1-18 of 240"
    std::string position() const;

private:
    void scroll(long rows);
    std::string title_;
    std::vector<std::string> rows_;
    std::size_t top_ = 0;
};

}  // namespace kld::menu
