// SPDX-License-Identifier: BSD-3-Clause
// Packages of one file each, made by the managers' own tools, and repositories of them.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

/// Owns /opt/<name>, which holds its version.
struct TinyPackage {
    std::string name, version;
    std::vector<std::string> depends{};
    std::string before{}, after{};  ///< shell lines, run before and after its file is put into place
    std::string also{};             ///< another file that it owns, to collide with another package's
    std::string provides{};         ///< for dnf: something that other packages ask for
};

/// By rpmbuild and createrepo_c: packages and repodata/ in the new directory.
Status make_rpm_repository(Runner& runner, Files& files, const std::string& directory,
                           const std::vector<TinyPackage>& packages);

/// Packages for pacman and the database <name>.db of their repository, in the new directory.
Status make_pacman_repository(Runner& runner, Files& files, const std::string& directory, const std::string& name,
                              const std::vector<TinyPackage>& packages);

}  // namespace kld::test
