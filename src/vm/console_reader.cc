// SPDX-License-Identifier: BSD-3-Clause
#include "vm/console_reader.h"

#include <utility>

#include "vm/socket.h"

namespace kld::vm {
namespace {

/// How long the end of this object may take.
constexpr std::chrono::milliseconds kStep{50};

}  // namespace

ConsoleReader::ConsoleReader(const Fd& fd) : fd_(fd), thread_([this] { read(); }) {}

ConsoleReader::~ConsoleReader() {
    stop_ = true;
    thread_.join();
}

void ConsoleReader::read() {
    while (!stop_) {
        auto bytes = read_some(fd_, kStep);
        if (bytes && bytes->empty()) continue;
        const std::lock_guard lock(mutex_);
        if (bytes)
            pieces_.push_back({std::move(*bytes), std::chrono::steady_clock::now()});
        else
            closed_ = true;
        came_.notify_all();
        if (closed_) return;
    }
}

std::vector<ConsolePiece> ConsoleReader::take(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, limit, [this] { return closed_ || !pieces_.empty(); });
    return std::exchange(pieces_, {});
}

bool ConsoleReader::ended() {
    const std::lock_guard lock(mutex_);
    return closed_ && pieces_.empty();
}

}  // namespace kld::vm
