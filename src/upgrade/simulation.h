// SPDX-License-Identifier: BSD-3-Clause
// What a package manager says that it would do, read from its own simulation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/manager.h"

namespace kld::upgrade {

/// Nothing before: a new package, or one more version of what may be installed several times. Nothing after: removed.
struct Action {
    std::string package;  ///< without its architecture
    std::string architecture{};
    std::string before{}, after{};
};

struct Simulation {
    std::vector<Action> actions{};
    bool empty() const { return actions.empty(); }
};

/// `apt-get -s dist-upgrade`: its lines Inst, Remv and Purg. A line of these that is not understood is an error.
Result<Simulation> parse_apt(std::string_view output);

/// `dnf upgrade --assumeno`: the table between its rules, of dnf 4 and dnf 5. An output without a table and without
/// the words for "nothing to do" is an error.
Result<Simulation> parse_dnf(std::string_view output);

/// `pacman -Sup --print-format '%n %v'`: a package a line, without what was before.
Result<Simulation> parse_pacman(std::string_view output);

/// What dnf and pacman do not say, for people: the version that an update takes the place of. Not of what is installed
/// in several versions, or comes beside the one that is there: kernels of the rpm family.
void add_versions_before(Simulation& simulation, const packages::Packages& installed);

/// A line for each, as people read them: "openssl 3.5.0-1 -> 3.5.9-1~deb13u1".
std::string to_text(const Simulation& simulation);

}  // namespace kld::upgrade
