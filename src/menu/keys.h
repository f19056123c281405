// SPDX-License-Identifier: BSD-3-Clause
// Turns the bytes of a terminal into keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kld::menu {

enum class KeyKind {
    text,
    enter,
    escape,
    up,
    down,
    left,
    right,
    home,
    end,
    page_up,
    page_down,
    backspace,
    erase,
    control,
    raw
};

struct Key {
    KeyKind kind = KeyKind::text;
    char text = 0;  ///< of `text` the character, of `control` the letter: 'u' for Ctrl-U, of `raw`
                    ///< a byte outside of ASCII

    bool operator==(const Key&) const = default;
};

/// Knows the arrow and editing keys of VT100, Linux console and xterm; other escape sequences are swallowed.
class KeyDecoder {
public:
    std::vector<Key> feed(std::string_view bytes);
    /// To be called when nothing came for a while: an escape byte that waits for more is the Escape key itself.
    std::vector<Key> idle();
    bool waiting() const { return !pending_.empty(); }

private:
    std::string pending_;
    bool after_return_ = false;  // a line feed behind a carriage return is the same Enter
};

}  // namespace kld::menu
