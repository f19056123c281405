// SPDX-License-Identifier: BSD-3-Clause
// Which datasets hold a system of their own: by their place, for one that a menu hides has keys of this machine, too.
#pragma once

#include "exports/world.h"

namespace kld::exports {

/// What a menu shows, the running root, what mounts on / and what lies beside the running root, whatever
/// org.zfsbootmenu:active says. What lies beside it may also be data: then it has no /etc.
bool is_environment(const World& world, const boot::Dataset& dataset);

/// True for an environment that is none of the running system's: it goes along only when it is wanted. What lies beside
/// the running root and has its own place in the running system, or something below it, is data of that one.
bool is_other_environment(const World& world, const boot::Dataset& dataset);

}  // namespace kld::exports
