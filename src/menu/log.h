// SPDX-License-Identifier: BSD-3-Clause
// The menu's log: lines in the kernel's ring buffer, where `dmesg` in the recovery shell shows them.
#pragma once

#include <string_view>

namespace kld::menu {

/// Writes "kldload-menu: <text>" to /dev/kmsg. A log that cannot be written is no reason to stop.
void log_line(std::string_view text);

}  // namespace kld::menu
