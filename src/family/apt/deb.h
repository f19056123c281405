// SPDX-License-Identifier: BSD-3-Clause
// Packs a .deb with Debian's own dpkg-deb.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::apt {

struct PackageFile {
    std::string path;  ///< in the target, without a leading slash
    std::string bytes{};
    unsigned mode = 0644;
    std::string link{};  ///< not empty: a symbolic link to this
};

struct Package {
    std::string name;
    std::string version;
    std::string architecture = "amd64";
    /// Control fields in order, without Package, Version, Architecture, Maintainer and Description.
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string summary{};
    std::string description{};
    std::vector<PackageFile> files{};
    /// Maintainer scripts and other control files: "postinst", "triggers", "conffiles".
    std::vector<PackageFile> control{};
};

/// Who stands behind every package that is made here.
inline constexpr const char* kMaintainer = "the kldload authors <root@localhost>";

/// The text of DEBIAN/control.
std::string control_text(const Package& package);

/// Writes `directory`/<name>_<version>_<architecture>.deb and returns its path. Owners are root; times come from
/// `epoch` (seconds), so that the same input gives the same bytes.
Result<std::string> pack(Runner& runner, Files& files, const Package& package, const std::string& directory,
                         long epoch);

}  // namespace kld::apt
