// SPDX-License-Identifier: BSD-3-Clause
// The option --events-fd, the same in every program.
#pragma once

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <string>

#include "base/text.h"

namespace kld::cmd {

/// Refuses a descriptor that is not open for writing: progress that goes nowhere would be missed by who waits for it.
inline void add_events_fd(CLI::App& app, int& fd) {
    app.add_option("--events-fd", fd, "write progress as JSON lines to this descriptor")
        ->check([](const std::string& text) -> std::string {
            const auto number = parse_number(text);
            const int flags = number && *number < 1U << 20 ? ::fcntl(static_cast<int>(*number), F_GETFL) : -1;
            const bool writable = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
            return writable ? std::string() : "descriptor " + text + " is not open for writing";
        });
}

}  // namespace kld::cmd
