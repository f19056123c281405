// SPDX-License-Identifier: BSD-3-Clause
#include "menu/line_editor.h"

namespace kld::menu {

void LineEditor::press(const Key& key) {
    switch (key.kind) {
        case KeyKind::text:
            text_.insert(cursor_++, 1, key.text);
            break;
        case KeyKind::left:
            cursor_ -= cursor_ > 0 ? 1 : 0;
            break;
        case KeyKind::right:
            cursor_ += cursor_ < text_.size() ? 1 : 0;
            break;
        case KeyKind::home:
            cursor_ = 0;
            break;
        case KeyKind::end:
            cursor_ = text_.size();
            break;
        case KeyKind::erase:
            if (cursor_ < text_.size()) text_.erase(cursor_, 1);
            break;
        case KeyKind::backspace:
            if (cursor_ > 0) text_.erase(--cursor_, 1);
            break;
        case KeyKind::control:
            press_control(key.text);
            break;
        default:
            break;
    }
}

void LineEditor::press_control(char letter) {
    if (letter == 'a') cursor_ = 0;
    if (letter == 'e') cursor_ = text_.size();
    if (letter == 'k') text_.erase(cursor_);
    if (letter == 'u') {
        text_.erase(0, cursor_);
        cursor_ = 0;
    }
    if (letter == 'w') erase_word();
}

void LineEditor::erase_word() {
    auto start = cursor_;
    while (start > 0 && text_[start - 1] == ' ') --start;
    while (start > 0 && text_[start - 1] != ' ') --start;
    text_.erase(start, cursor_ - start);
    cursor_ = start;
}

LineEditor::Window LineEditor::window(std::size_t width) const {
    if (text_.size() < width) return {text_, cursor_};
    // One column more than the cursor needs, unless it stands at the end: a mark must not cover the character under it.
    const std::size_t needed = cursor_ + (cursor_ == text_.size() ? 1 : 2);
    const std::size_t start = needed > width ? needed - width : 0;
    Window shown{text_.substr(start, width), cursor_ - start};
    if (start > 0) shown.text[0] = '<';
    if (start + width < text_.size()) shown.text[width - 1] = '>';
    return shown;
}

}  // namespace kld::menu
