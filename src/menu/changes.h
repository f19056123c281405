// SPDX-License-Identifier: BSD-3-Clause
// What the menu can change on a pool: make a boot environment out of a snapshot, and choose the default.
#pragma once

#include <functional>
#include <string>

#include "base/runner.h"
#include "menu/entries.h"

namespace kld::menu {

/// Runs a change while the pool is writable, as change_pool() does.
using WhileWritable = std::function<Status(const std::function<Status()>& change)>;

struct CloneWish {
    std::string environment;    ///< "rpool/ROOT/default"
    std::string snapshot;       ///< behind the @
    bool make_default = false;  ///< bootfs points to the clone afterwards
};

/// A snapshot without kernel and initramfs is refused before anything is written; a clone that cannot become the
/// default is removed again.
/// @param inspect  looks into the snapshot
/// @returns the name of the new boot environment
Result<std::string> make_clone(Runner& runner, const Inspect& inspect, const WhileWritable& while_writable,
                               const CloneWish& wish);

/// Points bootfs of its pool to the environment.
Status set_default(Runner& runner, const WhileWritable& while_writable, const std::string& environment);

}  // namespace kld::menu
