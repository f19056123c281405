// SPDX-License-Identifier: BSD-3-Clause
// Edits one line with nothing but characters and escape sequences, so that it works on a serial line.
#pragma once

#include <string>
#include <string_view>

#include "menu/keys.h"

namespace kld::menu {

class LineEditor {
public:
    LineEditor() = default;
    /// The cursor stands behind the last character.
    explicit LineEditor(std::string text) : text_(std::move(text)), cursor_(text_.size()) {}

    /// Arrows, Home, End, Backspace, Delete and Ctrl-A E U K W; other keys do nothing.
    void press(const Key& key);
    const std::string& text() const { return text_; }
    std::size_t cursor() const { return cursor_; }

    struct Window {
        std::string text;        ///< at most `width` characters
        std::size_t cursor = 0;  ///< inside `text`
    };
    /// The part of the line around the cursor; "<" and ">" at an edge say that there is more.
    Window window(std::size_t width) const;

private:
    void press_control(char letter);
    void erase_word();
    std::string text_;
    std::size_t cursor_ = 0;
};

}  // namespace kld::menu
