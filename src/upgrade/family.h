// SPDX-License-Identifier: BSD-3-Clause
// How each package manager is asked what a full upgrade would do, and how it is told to do it.
#pragma once

#include <string>
#include <vector>

#include "packages/manager.h"
#include "upgrade/hold.h"
#include "upgrade/simulation.h"

namespace kld::upgrade {

struct Family {
    std::string manager;  ///< "dnf" also of dnf 5
    std::vector<std::string> refresh, simulate, download, upgrade;
    std::vector<int> simulate_codes{};  ///< exit codes of `simulate` that are no failure, beside 0
    Result<Simulation> (*parse)(std::string_view output);
    std::vector<std::string> quiet{};              ///< added to `upgrade` when nobody can answer
    std::vector<std::string> quiet_environment{};  ///< "NAME=value"
};

/// Refused (exit 3) for a manager that does not say beforehand what it would do.
Result<Family> family_of(const packages::Manager& manager);

/// Where apt is told what to leave out; gone when the run is over.
inline constexpr const char* kPreferences = "/run/kldload/kupgrade.pref";

/// The command with what it has to leave out; as it is when there is nothing.
std::vector<std::string> without(const Family& family, std::vector<std::string> command,
                                 const std::vector<Hold>& holds);

/// apt's preferences for one run. They take the place of /etc/apt/preferences, whose text stands behind ours:
/// preferences.d stays in force, and of several stanzas about one package apt takes the first.
/// @param own  text of /etc/apt/preferences
std::string preferences_text(const std::vector<Hold>& holds, const std::string& own);

}  // namespace kld::upgrade
