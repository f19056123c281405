// SPDX-License-Identifier: BSD-3-Clause
// Tar streams byte by byte: what tar itself would refuse to write.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kld::test {

struct Tarred {
    std::string name;
    char type = '0';  ///< as in the header: 0 file, 1 hard link, 2 symbolic link, 5 directory
    std::string link{};
    std::string data{};
    std::vector<std::pair<std::string, std::string>> pax{};
};

/// @param end  with the two blocks of zeros that end an archive
std::string made_tar(const std::vector<Tarred>& entries, bool end = true);

}  // namespace kld::test
