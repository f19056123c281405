// SPDX-License-Identifier: BSD-3-Clause
#include "menu/painter.h"

#include <fmt/core.h>

#include <algorithm>

namespace kld::menu {

std::string fit(std::string text, std::size_t width) {
    for (char& c : text)
        if (c < 0x20 || c > 0x7e) c = '?';
    if (text.size() > width) {
        text.resize(width);
        text.back() = '~';
    }
    return text;
}

Painter::Painter(const std::string& title) {
    screen_.rows.resize(kRows);
    row(0) = fit(fmt::format("{:<{}}{}", "kldload boot menu", kWidth - std::min(title.size(), kWidth - 18), title));
}

void Painter::list(const std::vector<std::string>& items, std::size_t selected) {
    const auto first = selected < kListRows ? 0 : selected - kListRows + 1;
    for (std::size_t index = first; index < std::min(items.size(), first + kListRows); ++index)
        row(kListTop + index - first) =
            fit(fmt::format("{}{:>3}  {}", index == selected ? '>' : ' ', index + 1, items[index]));
}

void Painter::paragraph(std::size_t top, std::size_t bottom, const std::vector<std::string>& text) {
    for (const auto& line : text) {
        auto rest = line;
        do {
            auto end = rest.size();
            if (end > kWidth) {
                const auto blank = rest.rfind(' ', kWidth);
                end = blank == std::string::npos || blank == 0 ? kWidth : blank;
            }
            if (top < bottom) row(top++) = fit(rest.substr(0, end));
            rest.erase(0, rest.find_first_not_of(' ', end));
        } while (!rest.empty());
    }
}

void Painter::cursor(std::size_t row, std::size_t column) {
    screen_.cursor_shown = true;
    screen_.cursor_row = row;
    screen_.cursor_column = column;
}

}  // namespace kld::menu
