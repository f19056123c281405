// SPDX-License-Identifier: BSD-3-Clause
// A tree with everything that a root file system can hold, and with the edges of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::test {

struct TortureOptions {
    std::uint64_t directory_entries = 100000;  ///< of the large directory
    bool huge_file = true;                     ///< sparse, over 4 GiB
    bool sockets = true;                       ///< have no form in tar
    /// GNU tar writes a second FIFO instead of a hard link, and libarchive reads its fractions before 1970 a second
    /// off.
    bool beyond_gnu_tar = true;
    bool devices = true;  ///< need root
    bool owners = true;   ///< need root
};

/// Fills `directory`, which is made. As an ordinary user without devices and owners.
/// @returns what the file system below cannot hold (large xattrs, ACLs, …), for the test to say
Result<std::vector<std::string>> write_torture_tree(const std::string& directory, const TortureOptions& options);

/// `size` bytes that look random and are always the same for one `seed`.
std::string torture_bytes(std::uint64_t size, std::uint64_t seed);

}  // namespace kld::test
