// SPDX-License-Identifier: BSD-3-Clause
// Packs a .deb with Debian's own dpkg-deb.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "packing/package.h"

namespace kld::apt {

struct Package {
    std::string name;
    std::string version;
    std::string architecture = "amd64";
    /// Control fields in order, without Package, Version, Architecture, Maintainer and Description.
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string summary{};
    std::string description{};
    std::vector<packing::File> files{};
    /// Maintainer scripts and other control files: "postinst", "triggers", "conffiles".
    std::vector<packing::File> control{};
};

/// The text of DEBIAN/control.
std::string control_text(const Package& package);

/// Writes `directory`/<name>_<version>_<architecture>.deb and returns its path. Owners are root; times come from
/// `epoch` (seconds), so that the same input gives the same bytes.
Result<std::string> pack(Runner& runner, Files& files, const Package& package, const std::string& directory,
                         long epoch);

/// Debian's policy: what lies in /etc is the administrator's.
void add_conffiles(Package& package);

/// The same package of our own as Debian's control files say it.
Package to_deb(const packing::Package& package);

}  // namespace kld::apt
