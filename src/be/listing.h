// SPDX-License-Identifier: BSD-3-Clause
// kbe list: boot environments as bectl(8) shows them.
#pragma once

#include <string>
#include <vector>

#include "base/table.h"
#include "be/world.h"

namespace kld::be {

struct ListWish {
    bool all = false;        ///< datasets below the environments, and what was cloned from where
    bool snapshots = false;  ///< a row for each snapshot
    bool alone = false;      ///< space as if it were the only one: with what its origin holds for it
    std::string sort{};      ///< one of sort_properties(); empty: name
    bool descending = false;
};

/// What a listing can be sorted by, with bectl(8)'s short forms.
const std::vector<std::string>& sort_properties();

/// Name, "N" for the one that runs and "R" for the one that boots next, "T" for one on trial or for one boot,
/// mountpoint, space, creation; then what JSON has beyond that: dataset, running, next, referenced, origin, kernel pin,
/// reason.
Table list_environments(const World& world, const ListWish& wish);

}  // namespace kld::be
