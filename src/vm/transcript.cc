// SPDX-License-Identifier: BSD-3-Clause
#include "vm/transcript.h"

#include <fmt/core.h>

namespace kld::vm {

void Transcript::feed(std::string_view bytes, Clock::time_point now) {
    now_ = now;
    for (const char byte : bytes) {
        switch (state_) {
            case State::text:
                plain(byte);
                break;
            case State::escape:
                if (byte == '[')
                    state_ = State::control;
                else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^')
                    state_ = State::string;
                else if (byte == '(' || byte == ')' || byte == '#' || byte == '%')
                    state_ = State::charset;
                else
                    state_ = State::text;
                break;
            case State::control:
                if (byte >= '@' && byte <= '~') control_sequence(byte);
                break;
            case State::string:
                if (byte == '\a')
                    state_ = State::text;
                else if (byte == '\x1b')
                    state_ = State::string_escape;
                break;
            case State::string_escape:
            case State::charset:
                state_ = State::text;
                break;
        }
    }
}

void Transcript::plain(char byte) {
    if (return_seen_ && byte != '\r') {
        return_seen_ = false;
        if (byte != '\n') newline_unless_at_start();
    }
    switch (byte) {
        case '\x1b':
            state_ = State::escape;
            break;
        case '\r':
            return_seen_ = true;
            break;
        case '\n':
            end_line();
            break;
        case '\b':
            if (!text_.empty() && text_.back() != '\n') text_.pop_back();
            break;
        default:
            if (static_cast<unsigned char>(byte) < 0x20 && byte != '\t') break;
            if (starts_.empty() || (!text_.empty() && text_.back() == '\n' && starts_.back().first != text_.size()))
                starts_.emplace_back(text_.size(), now_);
            text_ += byte;
    }
}

void Transcript::end_line() {
    if (text_.empty() || text_.back() == '\n') starts_.emplace_back(text_.size(), now_);
    text_ += '\n';
}

void Transcript::newline_unless_at_start() {
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
}

void Transcript::control_sequence(char final) {
    state_ = State::text;
    // Cursor to a row, to a column, up and down; erase display: what follows stands elsewhere on the screen.
    if (std::string_view("HfGdABJEF").find(final) != std::string_view::npos) newline_unless_at_start();
}

std::string Transcript::stamped() const {
    std::string out;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        const auto end = i + 1 < starts_.size() ? starts_[i + 1].first : text_.size();
        const std::chrono::duration<double> since = starts_[i].second - starts_[0].second;
        out += fmt::format("[{:7.1f}] {}", since.count(), text_.substr(starts_[i].first, end - starts_[i].first));
    }
    return out;
}

std::size_t Transcript::line_start(std::size_t offset) const {
    const auto newline = offset == 0 ? std::string::npos : text_.rfind('\n', offset - 1);
    return newline == std::string::npos ? 0 : newline + 1;
}

}  // namespace kld::vm
