// SPDX-License-Identifier: BSD-3-Clause
// Opens a pool for writing for as long as one change takes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/runner.h"
#include "menu/pools.h"

namespace kld::menu {

/// Makes zfs take the hostid for its own: adopt_hostid() on a machine.
using AdoptHostid = std::function<Status(std::uint32_t hostid)>;

/// A pool that is imported read-only, and who its next user is.
struct PoolToChange {
    FoundPool pool;
    std::string name;          ///< under which it is imported now
    std::uint32_t hostid = 0;  ///< of the kernel that boots next: a label with another one would lock it out
};

/// Exports the pool, imports it for writing, does `change` and exports it again: whoever looks for pools next imports
/// it read-only. Refused before anything happens when the pool is not healthy enough to be written to, or has
/// org.zfsbootmenu:readonly. The error is the first one; after any error the pool may be exported.
Status change_pool(Runner& runner, const AdoptHostid& adopt, const PoolToChange& target,
                   const std::function<Status()>& change);

}  // namespace kld::menu
