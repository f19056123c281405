// SPDX-License-Identifier: BSD-3-Clause
// Drives a machine over its serial console, as a person at a terminal would.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "vm/console_reader.h"
#include "vm/transcript.h"

namespace kld::vm {

/// What to wait for: a piece of text, or a regular expression (ECMAScript) that must match within one line. The line
/// may still be growing: end an expression with something that closes it.
struct Pattern {
    std::string text;
    bool regex = false;
};
inline Pattern regex(std::string expression) {
    return {std::move(expression), true};
}
inline Pattern text(std::string plain) {
    return {std::move(plain), false};
}

struct Match {
    std::size_t which = 0;              ///< index into the patterns
    std::vector<std::string> groups{};  ///< [0] is the whole match
};

/// Part of the error of a kernel that fell over its own text being patched, or that has not said a word since the
/// firmware started it. A kernel patches itself while it runs, and stands on an int3 for as long as that takes; QEMU
/// before 8.1 may run, with a thread for each processor, one that is gone already (qemu deba78709ae8).
inline constexpr std::string_view kEmulatorsFault = "QEMU's emulation broke the guest's kernel";

enum class Key { enter, escape, up, down, left, right, home, end, page_up, page_down, tab, backspace };

class SerialConsole {
public:
    /// @param fd        the connected socket of the serial line
    /// @param patience  how long a machine may be silent once the firmware has started what it boots
    explicit SerialConsole(Fd fd, std::chrono::milliseconds patience = std::chrono::minutes(5))
        : fd_(std::make_unique<Fd>(std::move(fd))),
          reader_(std::make_unique<ConsoleReader>(*fd_)),
          patience_(patience) {}

    /// Reads until one of the patterns appears after the last match; the earliest match wins, and the next search
    /// begins behind it.
    /// @returns an error with the last 40 lines when the time is up, the machine has ended, or the emulation broke its
    /// kernel (kEmulatorsFault)
    Result<Match> expect(const std::vector<Pattern>& patterns, std::chrono::milliseconds limit);
    Result<Match> expect(const Pattern& pattern, std::chrono::milliseconds limit) {
        return expect(std::vector{pattern}, limit);
    }

    /// Takes over what has come, or comes within `limit`, however little; ends early when the machine ends. The line
    /// itself is read all the time.
    void listen(std::chrono::milliseconds limit);

    Status send(std::string_view bytes);
    Status send_line(std::string_view line) { return send(std::string(line) + "\n"); }
    Status send_key(Key key);

    const Transcript& transcript() const { return transcript_; }
    /// From where the next expect searches; everything said so far counts as seen after skip_to_end().
    void skip_to_end() { cursor_ = transcript_.text().size(); }
    std::size_t cursor() const { return cursor_; }
    bool ended() const { return ended_; }
    /// kEmulatorsFault and how it is known, of what came behind the last match; empty when there is none.
    std::string emulators_fault() const;

private:
    Error giving_up(const std::string& why, const std::vector<Pattern>& patterns, const std::string& hint = {}) const;

    std::unique_ptr<Fd> fd_;
    std::unique_ptr<ConsoleReader> reader_;  ///< reads from fd_, so it goes first
    Transcript transcript_{};
    std::size_t cursor_ = 0;
    bool ended_ = false;
    std::chrono::milliseconds patience_;
    std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
};

}  // namespace kld::vm
