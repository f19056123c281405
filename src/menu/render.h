// SPDX-License-Identifier: BSD-3-Clause
// Draws the menu as text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "menu/screen.h"
#include "menu/state.h"

namespace kld::menu {

struct Screen {
    std::vector<std::string> rows;  ///< kRows of at most kColumns-1 ASCII characters
    bool cursor_shown = false;
    std::size_t cursor_row = 0;
    std::size_t cursor_column = 0;
};

/// @param title  right end of the first row, e.g. the versions of kernel and zfs
Screen render(const State& state, const std::string& title);

/// The bytes that turn what a terminal shows into `next`: changed rows only, or all of them when `previous` is empty.
std::string difference(const Screen& previous, const Screen& next);

}  // namespace kld::menu
