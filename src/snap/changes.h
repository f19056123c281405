// SPDX-License-Identifier: BSD-3-Clause
// ksnap destroy, hold and release: pure functions of what was selected.
#pragma once

#include "snap/snapshots.h"
#include "zfs/plan.h"

namespace kld::snap {

/// An argument of `zfs destroy`: "rpool/home@a,b,c".
struct Batch {
    std::string dataset;
    std::string argument;
    std::size_t count = 0;
};

/// One for each dataset, several where Linux would not take the argument (128 KiB).
std::vector<Batch> destroy_batches(const std::vector<Snapshot>& chosen);

/// Refused as a whole, with each reason, when one of them is held or something was cloned from it.
Result<zfs::Plan> plan_destroy(const std::vector<Snapshot>& chosen);

struct Hold {
    std::string snapshot;
    std::string tag;
};

/// One `zfs holds`.
Result<std::vector<Hold>> read_holds(Runner& runner, const std::vector<Snapshot>& chosen);

/// Refused as a whole when one of them has that tag.
Result<zfs::Plan> plan_hold(const std::vector<Snapshot>& chosen, const std::string& tag,
                            const std::vector<Hold>& holds);

/// Refused as a whole when one of them has not that tag.
Result<zfs::Plan> plan_release(const std::vector<Snapshot>& chosen, const std::string& tag,
                               const std::vector<Hold>& holds);

}  // namespace kld::snap
