// SPDX-License-Identifier: BSD-3-Clause
// Takes kernel and initramfs out of a boot environment and loads them.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/runner.h"
#include "menu/secret.h"
#include "menu/world.h"

namespace kld::menu {

/// The whole command line for the entry; `arguments` are its own or edited ones.
std::string final_command_line(const Entry& entry, const std::string& arguments);

/// Mounts, loads, unmounts and exports all pools. An error leaves the pools imported.
/// @param passphrase  handed over to the initramfs
Status load_entry(Runner& runner, const Entry& entry, const boot::KernelPair& kernel, const std::string& command_line,
                  const std::optional<Secret>& passphrase = {});

/// Unmounts what a recovery shell may have left and exports all pools, before the machine goes down.
void release_pools(Runner& runner);

}  // namespace kld::menu
