// SPDX-License-Identifier: BSD-3-Clause
// Puts text into the rows of a screen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "menu/render.h"
#include "menu/screen.h"

namespace kld::menu {

inline constexpr std::size_t kListTop = 2;
inline constexpr std::size_t kListRows = 11;
inline constexpr std::size_t kStatusRow = kRows - 3;
inline constexpr std::size_t kKeysRow = kRows - 1;

/// Cut to the width, and nothing but printable ASCII: names come from disks that anybody may have written.
std::string fit(std::string text, std::size_t width = kWidth);

class Painter {
public:
    /// @param title  right end of the first row
    explicit Painter(const std::string& title);
    std::string& row(std::size_t index) { return screen_.rows[index]; }
    void keys(std::string_view text) { row(kKeysRow) = fit(std::string(text)); }
    /// Rows of a list with the cursor, scrolled so that the selection is seen.
    void list(const std::vector<std::string>& items, std::size_t selected);
    /// Long lines are broken between words.
    void paragraph(std::size_t top, std::size_t bottom, const std::vector<std::string>& text);
    void cursor(std::size_t row, std::size_t column);
    Screen take() { return std::move(screen_); }

private:
    Screen screen_;
};

/// The views that come over the list.
void paint_snapshots(const State& state, Painter& paint);
void paint_confirm(const State& state, Painter& paint);
void paint_text(const State& state, Painter& paint);
void paint_passphrase(const State& state, Painter& paint);
void paint_keyboard(const State& state, Painter& paint);
void paint_help(Painter& paint);

}  // namespace kld::menu
