// SPDX-License-Identifier: BSD-3-Clause
// Which packages of a tree files belong to, by dpkg's own lists.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/files.h"

namespace kld::apt {

/// @param tree   root tree, unpacked
/// @param paths  in the tree, absolute; /lib and /usr/lib are the same place, and so are bin, sbin and lib64
/// @returns names without an architecture. A path that no package owns is an error that names it.
Result<std::set<std::string>> owners(Files& files, const std::string& tree, const std::vector<std::string>& paths);

}  // namespace kld::apt
