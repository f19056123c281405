// SPDX-License-Identifier: BSD-3-Clause
// Snapshots on schedule: which datasets have them, how many are kept, and one round of making and destroying them.
#pragma once

#include <string>
#include <vector>

#include "boot/dataset.h"
#include "snap/create.h"
#include "snap/snapshots.h"

namespace kld::snap {

/// How many snapshots of a period are kept; 0: none is made.
struct Period {
    const char* name;  ///< "hourly": as OnCalendar= of systemd.time(7) and sanoid.conf(5) call it
    unsigned of_system;
    unsigned of_data;
};

/// hourly, daily, weekly, monthly.
const std::vector<Period>& periods();

/// Errors: no such period; those which there are.
Result<Period> period_named(const std::string& name);

/// True for what holds files that are somebody's: it is mounted by itself, and nowhere below /var/cache, /var/tmp and
/// /tmp. @param dataset  with mountpoint and canmount
bool is_scheduled(const boot::Dataset& dataset);

/// One round: a snapshot of everything that has some of this period, at one moment, then the oldest of the period go.
/// Those carry org.kldload:reason=scheduled-<period> themselves; of others none is touched, nor what is held or the
/// origin of a clone.
/// @param datasets   of one pool, parents first, with mountpoint and canmount
/// @param container  of the boot environments: "rpool/ROOT"
/// @param snapshots  of that pool
Result<Creation> plan_round(const Period& period, const std::vector<boot::Dataset>& datasets,
                            const std::string& container, const std::vector<Snapshot>& snapshots, std::time_t now);

}  // namespace kld::snap
