// SPDX-License-Identifier: BSD-3-Clause
// The native package managers: how each says what kpkg says, and how it is asked what is installed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "boot/os_release.h"
#include "packages/answers.h"

namespace kld::packages {

/// Installed packages: name, with the architecture where the manager has several, to version. What is installed in
/// several versions at once (kernels of the rpm family) has them joined by blanks, sorted.
using Packages = std::map<std::string, std::string>;

struct Manager {
    std::string name;                    ///< "apt", "dnf", "dnf5", "pacman", "pkg"
    std::vector<std::string> programs;   ///< it is there when one of these files is
    std::vector<std::string> systems;    ///< os-release's ID and ID_LIKE
    std::vector<std::string> databases;  ///< places, of which those that exist hold what is installed
    // Command lines; what a person names is put behind them.
    std::vector<std::string> install, remove, upgrade, update, search, list, info;
    std::vector<int> update_codes{};  ///< exit codes of `update` that are no failure, beside 0
    bool sorted_list = false;         ///< the output of `list` is in no order
    std::vector<std::string> installed;
    Packages (*parse)(std::string_view output);                      ///< of `installed`
    std::vector<Found> (*found)(std::string_view output) = nullptr;  ///< of `search`
    std::vector<Stanza> (*stanzas)(std::string_view output) =
        nullptr;                        ///< of `fields`, or of `info` where that is empty
    std::vector<std::string> fields{};  ///< as `info`, for programs
};

/// All that are known.
const std::vector<Manager>& managers();

/// The one of this system: by os-release, else the first whose program is there.
/// @returns an error that names those that are known
Result<const Manager*> find_manager(Files& files);

/// The text that the variable has in the environment of a manager that kpkg started, so that its hooks leave the
/// snapshot to kpkg.
inline constexpr const char* kTransactionVariable = "KLDLOAD_TRANSACTION";

}  // namespace kld::packages
