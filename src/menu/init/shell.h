// SPDX-License-Identifier: BSD-3-Clause
// The recovery shell on one terminal.
#pragma once

#include <string>

namespace kld::menu {

/// Makes the terminal the controlling one of a new session and becomes busybox's shell. Returns only when that failed.
int recovery_shell(const std::string& terminal);

}  // namespace kld::menu
