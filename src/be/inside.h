// SPDX-License-Identifier: BSD-3-Clause
// A command inside a boot environment that does not run: as root of it, on its files, with this system's kernel.
#pragma once

#include <string>
#include <vector>

#include "be/world.h"

namespace kld::be {

/// The environment, mounted where nobody else sees it, with /dev, /proc, /sys and /run of this system; then the command
/// on this terminal. This process is in that mount namespace from then on. No service is started: systemctl and
/// policy-rc.d see a chroot.
/// @returns the command's exit code
/// Errors: the one that runs; one whose key is not loaded; no right to mount
Result<int> run_inside(Runner& runner, const World& world, const std::string& name,
                       const std::vector<std::string>& command);

}  // namespace kld::be
