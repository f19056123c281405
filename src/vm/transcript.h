// SPDX-License-Identifier: BSD-3-Clause
// What a serial console said, as plain lines with times.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kld::vm {

/// Turns a terminal's byte stream into text: escape sequences vanish, CR LF is a newline, a lone CR and a jump of the
/// cursor begin a new line (so each row of a full-screen menu is one), a backspace takes a character back.
class Transcript {
public:
    using Clock = std::chrono::steady_clock;

    /// @param now  when the bytes came
    void feed(std::string_view bytes, Clock::time_point now = Clock::now());

    const std::string& text() const { return text_; }

    /// The text with the seconds since the first byte before each line: "[   12.3] …".
    std::string stamped() const;

    /// Where the line that contains `offset` begins.
    std::size_t line_start(std::size_t offset) const;

private:
    enum class State { text, escape, control, string, string_escape, charset };

    void plain(char byte);
    void newline_unless_at_start();
    void end_line();
    void control_sequence(char final);

    State state_ = State::text;
    bool return_seen_ = false;
    std::string text_{};
    std::vector<std::pair<std::size_t, Clock::time_point>>
        starts_{};  ///< offset of each line and when its first byte came
    Clock::time_point now_{};
};

}  // namespace kld::vm
