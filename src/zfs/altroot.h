// SPDX-License-Identifier: BSD-3-Clause
// Pools that were imported at another root (zpool import -R): zfs(8) shows their mount points with it.
#pragma once

#include <string>
#include <vector>

#include "boot/dataset.h"

namespace kld::zfs {

/// "/mnt/home" below "/mnt" → "/home", "/mnt" itself → "/": as the pool's own system sees it. "none" and "legacy" stay.
/// @param altroot  as `zpool get altroot` has it; empty or "-": there is none
std::string without_altroot(const std::string& mountpoint, const std::string& altroot);

/// The same for the property `mountpoint` of all of them.
void take_altroot_away(std::vector<boot::Dataset>& datasets, const std::string& altroot);

}  // namespace kld::zfs
