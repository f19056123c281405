// SPDX-License-Identifier: BSD-3-Clause
// Packs a package for pacman with bsdtar, which makepkg packs with, too.
#pragma once

#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "packing/package.h"

namespace kld::pacman {

/// The text of .PKGINFO.
std::string info_text(const packing::Package& package, long epoch);

/// The text of .INSTALL; empty when the package has no scripts.
std::string install_text(const packing::Package& package);

/// Writes `directory`/<name>-<version>-1-<architecture>.pkg.tar.zst, not signed, and returns its path. Owners are root;
/// times are `epoch` (seconds), so that the same input gives the same bytes with the same bsdtar.
Result<std::string> pack(Runner& runner, Files& files, const packing::Package& package, const std::string& directory,
                         long epoch);

}  // namespace kld::pacman
