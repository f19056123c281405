// SPDX-License-Identifier: BSD-3-Clause
// QEMU's machine protocol: JSON lines on a Unix socket.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/fd.h"

namespace kld::vm {

class Qmp {
public:
    /// Connects, reads the greeting and leaves the negotiation mode.
    static Result<Qmp> connect(const std::string& path, std::chrono::milliseconds limit);
    /// The same over a connected descriptor.
    static Result<Qmp> open(Fd fd, std::chrono::milliseconds limit);

    /// @returns what the command returned; events that come between are dropped. An error carries QEMU's text.
    Result<nlohmann::json> execute(const std::string& command, const nlohmann::json& arguments);
    Result<nlohmann::json> execute(const std::string& command);

private:
    Qmp(Fd fd, std::chrono::milliseconds limit) : fd_(std::move(fd)), limit_(limit) {}
    Result<nlohmann::json> next_message();

    Fd fd_;
    std::chrono::milliseconds limit_;
    std::string pending_{};
};

}  // namespace kld::vm
