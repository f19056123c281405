// SPDX-License-Identifier: BSD-3-Clause
// efibootmgr of this system, else that of an environment.
#pragma once

#include <string>
#include <vector>

#include "recovery/chroot.h"

namespace kld::recovery {

/// The words before it: none, or "chroot" and the altroot, where the environment is mounted for reading then. This
/// process must have mounts of its own, with which that goes. Refused: neither has it.
/// @param path  where this system's is looked for, as PATH has it
Result<std::vector<std::string>> find_efibootmgr(Runner& runner, Files& files, const ChrootWorld& world,
                                                 const std::string& path);

}  // namespace kld::recovery
