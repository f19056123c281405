// SPDX-License-Identifier: BSD-3-Clause
// The terminals of the machine: the screen and every serial port that is there, all of them at the same time.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "menu/keys.h"
#include "menu/render.h"

namespace kld::menu {

/// The first virtual terminal.
inline constexpr const char* kScreen = "/dev/tty1";

class Terminal {
public:
    /// Opens it raw, unblocking. @param kernel_console  the kernel prints there: its line speed is right already
    static Result<Terminal> open(const std::string& path, bool kernel_console);

    const std::string& path() const { return path_; }
    int fd() const { return fd_.get(); }
    /// Keys that came since the last call.
    std::vector<Key> read_keys();
    bool escape_pending() const { return decoder_.waiting(); }
    std::vector<Key> flush_escape() { return decoder_.idle(); }
    void draw(const Screen& screen);
    /// Plain text below the menu, for the last words before the next kernel.
    void say(const std::string& text);
    /// Writes what the line could not take before.
    void flush();
    bool wants_to_write() const { return !pending_.empty(); }
    /// After something else has written there.
    void forget_screen() { shown_ = {}; }
    void set_raw() const;

private:
    Terminal(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    Fd fd_;
    KeyDecoder decoder_;
    Screen shown_;
    std::string pending_;
};

/// The first virtual terminal, the kernel's consoles, and all serial ports with hardware behind them.
std::vector<Terminal> open_terminals();

}  // namespace kld::menu
