// SPDX-License-Identifier: BSD-3-Clause
// The menu without a machine: keys in, rows out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "menu/render.h"

namespace kld::menu {

/// Presses all keys of the bytes; @returns the last action.
inline Action type(State& state, std::string_view bytes) {
    Action last;
    for (const auto& key : KeyDecoder().feed(bytes)) last = state.press(key);
    return last;
}

/// The screen as text, rows without blanks at their end.
inline std::string text_of(const State& state) {
    const auto screen = render(state, "kernel 6.12.107");
    EXPECT_EQ(screen.rows.size(), kRows);
    std::string text;
    for (const auto& row : screen.rows) {
        EXPECT_LT(row.size(), kColumns) << row;
        text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

}  // namespace kld::menu
