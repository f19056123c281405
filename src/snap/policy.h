// SPDX-License-Identifier: BSD-3-Clause
// ksnap policy: a configuration for sanoid that fits the datasets of this system.
#pragma once

#include <string>
#include <vector>

#include "boot/dataset.h"

namespace kld::snap {

/// Text of sanoid.conf(5): boot environments daily, weekly and monthly; all other file systems of the pool hourly, too.
/// A dataset covers those below it, also later ones, unless something below it is left out: what is mounted on or below
/// /var/cache, /var/tmp or /tmp. What is never mounted itself has no section of its own.
/// @param datasets   of one pool, parents first, with mountpoint and canmount
/// @param container  of the boot environments: "rpool/ROOT"
/// A name with a blank or a bracket, which sanoid cannot read, is told in a comment.
std::string sanoid_policy(const std::vector<boot::Dataset>& datasets, const std::string& container);

}  // namespace kld::snap
