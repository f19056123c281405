// SPDX-License-Identifier: BSD-3-Clause
// A command inside a boot environment that does not run: as root of it, on its files, with this system's kernel.
#pragma once

#include <string>
#include <vector>

#include "be/world.h"
#include "zfs/plan.h"

namespace kld::be {

/// Mounts the environment and /dev, /proc, /sys and /run of this system in it, at a place that was made for that; the
/// last step is the command.
/// Errors: the one that runs; one whose key is not loaded
Result<zfs::Plan> plan_inside(const World& world, const std::string& name, const std::string& place,
                              const std::vector<std::string>& command);

/// The same with its place made before and taken away behind it, to be shown.
Result<zfs::Plan> whole_plan_inside(const World& world, const std::string& name,
                                    const std::vector<std::string>& command);

/// Does it where nobody else sees it, with the command on this terminal. This process is in that mount namespace from
/// then on. No service is started: systemctl and policy-rc.d see a chroot.
/// @param stdout_fd  when set, the command's stdout
/// @returns the command's exit code
/// Errors: those of the plan; no right to mount
Result<int> run_inside(Runner& runner, const World& world, const std::string& name,
                       const std::vector<std::string>& command, int stdout_fd = -1);

}  // namespace kld::be
