// SPDX-License-Identifier: BSD-3-Clause
// The same protection for who calls apt, dnf or pacman themselves: files by which the manager calls kpkg before and
// after its work. They are there only when somebody asked for them (kpkg hooks on).
#pragma once

#include <string>
#include <vector>

#include "packages/manager.h"
#include "zfs/plan.h"

namespace kld::packages {

struct HookFile {
    std::string path;
    std::string text;
};

/// What `kpkg hooks on` writes for this manager on this system. A manager without such a way is an error.
Result<std::vector<HookFile>> hook_files(const Manager& manager, Files& files);

/// What write_hooks() and remove_hooks() do, to be shown.
zfs::Plan plan_write_hooks(const std::vector<HookFile>& hooks);
zfs::Plan plan_remove_hooks(const std::vector<HookFile>& hooks, Files& files);

/// Also takes away what a killed one left beside them.
Status write_hooks(const std::vector<HookFile>& hooks, Files& files);

/// Also what Python has made of them, and what a killed one left beside them.
Status remove_hooks(const std::vector<HookFile>& hooks, Files& files);

/// One run of a manager: its process_mark() and its name, "4481-88123 apt-get". It is the outermost of our ancestors
/// that is called like a manager or like what drives it (unattended-upgrades). Empty when there is none.
std::string run_of(Files& files, int pid);

}  // namespace kld::packages
