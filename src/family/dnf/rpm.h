// SPDX-License-Identifier: BSD-3-Clause
// Packs a .rpm with rpmbuild.
#pragma once

#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "packing/package.h"

namespace kld::dnf {

/// The spec file. rpmbuild is told the macro `kld_tree`: a directory with the package's files.
std::string spec_text(const packing::Package& package);

/// Writes `directory`/<name>-<version>-1.<architecture>.rpm, not signed, and returns its path. Owners are root; times
/// come from `epoch` (seconds), so that the same input gives the same bytes with the same rpmbuild.
Result<std::string> pack(Runner& runner, Files& files, const packing::Package& package, const std::string& directory,
                         long epoch);

}  // namespace kld::dnf
