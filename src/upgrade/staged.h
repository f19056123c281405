// SPDX-License-Identifier: BSD-3-Clause
// kupgrade --staged: the full upgrade in a clone of the running system, which boots next only when it is proven that it
// can. The running system is not touched.
#pragma once

#include <string>
#include <vector>

#include "upgrade/in_place.h"

namespace kld::upgrade {

/// The steps, as --dry-run shows them. The names have no time yet.
Result<zfs::Plan> plan_staged(const Host& host, const Prepared& prepared);

/// The clone is put on trial where the boot menu counts tries, else it is made the default.
/// @param argv  what the person said
/// Errors: nothing was changed. On any failure later the clone and its snapshot are gone again and the next boot is
/// what it was; that is in the outcome.
Result<Outcome> upgrade_staged(Host& host, const Prepared& prepared, const std::vector<std::string>& argv);

}  // namespace kld::upgrade
