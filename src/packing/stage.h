// SPDX-License-Identifier: BSD-3-Clause
// Puts the files of a package into a directory, for the program that packs them.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "packing/package.h"

namespace kld::packing {

/// Files with their modes, links, and the directories above them (0755), below the new or empty directory `root`.
Status stage(Runner& runner, Files& files, const std::string& root, const std::vector<File>& content);

/// Gives all of it the same time of modification, in seconds.
Status set_times(Runner& runner, const std::string& root, long epoch);

/// The directories that the files lie in, without a leading slash; each is behind those above it.
std::vector<std::string> directories_of(const std::vector<File>& content);

}  // namespace kld::packing
