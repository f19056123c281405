// SPDX-License-Identifier: BSD-3-Clause
// Into another boot environment without going through firmware, boot menu and kernel: systemd's soft reboot.
#pragma once

#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::be {

/// Why restarting userland alone would not do, for people; empty: it would. It takes systemd 254, and an environment
/// whose default kernel is the one that runs, whose zfs.ko is the one that is loaded, and whose zfs(8) fits it. What
/// cannot be told counts as a reason.
/// @param environment  as read_checked() gives it
std::string against_soft_restart(Runner& runner, Files& files, const boot::Dataset& environment);

/// Mounts it where systemd looks for the next root, and restarts userland in it. Returns once systemd has begun.
Status soft_restart(Runner& runner, Files& files, const boot::Dataset& environment);

}  // namespace kld::be
