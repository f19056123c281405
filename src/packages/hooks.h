// SPDX-License-Identifier: BSD-3-Clause
// The same protection for who calls apt, dnf or pacman themselves: files by which the manager calls kpkg before and
// after its work. They are there only when somebody asked for them (kpkg hooks on).
#pragma once

#include <string>
#include <vector>

#include "packages/manager.h"

namespace kld::packages {

struct HookFile {
    std::string path;
    std::string text;
};

/// What `kpkg hooks on` writes for this manager on this system. A manager without such a way is an error.
Result<std::vector<HookFile>> hook_files(const Manager& manager, Files& files);

Status write_hooks(const std::vector<HookFile>& hooks, Files& files);

/// Also what Python has made of them.
Status remove_hooks(const std::vector<HookFile>& hooks, Files& files);

/// One run of a manager: its process, by number and start, which no other process ever has both of. It is the outermost
/// one that is called like a manager or like what drives it (unattended-upgrades): a run that calls its hooks once for
/// each set of packages is one run. Empty when none of our ancestors is.
std::string run_of(Files& files, int pid);

}  // namespace kld::packages
