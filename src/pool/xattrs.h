// SPDX-License-Identifier: BSD-3-Clause
// Extended attributes of files on this machine, and how ZFS stores them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pool/entry.h"

namespace kld::pool {

/// Those of an open file or directory that a pool can hold: security., user., trusted. and POSIX ACLs, sorted by name.
Result<std::vector<Xattr>> read_xattrs(int fd, const std::string& shown);
/// The same for a thing that cannot be opened; links are not followed.
Result<std::vector<Xattr>> read_xattrs_at(int directory, const std::string& name, const std::string& shown);

/// Which of them go beside the attributes of the file (xattr=sa), as zfs chooses: a value of at most 32 KiB, all of
/// them together at most 65528 bytes; the others go to a hidden directory.
struct SplitXattrs {
    std::string packed{};  ///< empty when there are none
    std::vector<Xattr> in_directory{};
};
Result<SplitXattrs> split_xattrs(std::vector<Xattr> xattrs, bool beside_attributes);

}  // namespace kld::pool
