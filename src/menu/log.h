// SPDX-License-Identifier: BSD-3-Clause
// The menu's log: lines in the kernel's ring buffer, where `dmesg` in the recovery shell shows them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::menu {

/// Writes "kldload-menu: <text>" to /dev/kmsg. A log that cannot be written is no reason to stop.
void log_line(std::string_view text);

/// The kernel's ring buffer as `dmesg` prints it, without the levels ("<6>") before the lines.
Result<std::string> kernel_log();

/// The lines of the menu alone, without its name.
std::string own_lines(std::string_view kernel_log);

}  // namespace kld::menu
