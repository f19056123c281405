// SPDX-License-Identifier: BSD-3-Clause
// What must be known of a root tree before it becomes an image, read in one pass over its tar.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace kld::image {

struct TreeFacts {
    std::map<std::string, std::string> files;  ///< content of the files asked for, by path without leading slash
    std::set<std::string> paths;               ///< all paths
    std::map<std::string, std::string> links;  ///< symbolic links below etc/
    std::uint64_t bytes = 0;                   ///< sum of all file sizes
    long newest = 0;                           ///< the latest time of modification, seconds since the epoch
};

/// Reads what personalising needs: the account files, etc/skel, dpkg's status, and everything directly in boot/.
Result<TreeFacts> read_tree_facts(const std::string& tar_path);

}  // namespace kld::image
