// SPDX-License-Identifier: BSD-3-Clause
// ksnap rollback of a root: clone, check, activate. The root itself stays as it is.
#pragma once

#include <string>

#include "base/events.h"
#include "base/files.h"
#include "be/changes.h"
#include "be/world.h"
#include "zfs/plan.h"

namespace kld::snap {

struct Back {
    std::string dataset;  ///< of the new boot environment
    zfs::Plan create;
    zfs::Plan activate;
};

/// A new boot environment out of the snapshot, "default-back-20261127-035700", and what makes it boot next. Going back
/// from one that came to be so does not add to the name.
/// @param world      with snapshots
/// @param inherited  local_properties() of the snapshot's dataset
Result<Back> plan_back(const be::World& world, const std::string& snapshot, const be::Properties& inherited);

/// Both parts, as --dry-run shows them.
zfs::Plan whole(const Back& back);

/// Makes the clone, looks whether it would boot, and makes it the one that boots next: on trial where the boot menu
/// counts tries, else as the default. When it would not boot, or when something fails, the clone is destroyed again and
/// the pool boots what it did before.
/// @param unverified  goes ahead when it would not boot
/// @returns true when it is on trial
Result<bool> go_back(Runner& runner, Files& files, Events& events, const be::World& world, const Back& back,
                     bool unverified);

}  // namespace kld::snap
