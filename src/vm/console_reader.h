// SPDX-License-Identifier: BSD-3-Clause
// Reads a serial line all the time: a guest stands still, and loses what it prints, while nobody reads its console.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace kld::vm {

/// What came, and when.
struct ConsolePiece {
    std::string bytes;
    std::chrono::steady_clock::time_point when;
};

class ConsoleReader {
public:
    /// @param fd  stays open as long as this object lives
    explicit ConsoleReader(const Fd& fd);
    ConsoleReader(const ConsoleReader&) = delete;
    ConsoleReader& operator=(const ConsoleReader&) = delete;
    ~ConsoleReader();

    /// What has come since the last call; waits up to `limit` for something. Empty when the time is up, and for ever
    /// once the line has ended and all of it was taken.
    std::vector<ConsolePiece> take(std::chrono::milliseconds limit);
    /// The other side is gone, and all that it said was taken.
    bool ended();

private:
    void read();

    const Fd& fd_;
    std::mutex mutex_{};
    std::condition_variable came_{};
    std::vector<ConsolePiece> pieces_{};
    bool closed_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_{};
};

}  // namespace kld::vm
