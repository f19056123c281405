// SPDX-License-Identifier: BSD-3-Clause
// Reads which partitions a GPT names.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace kld::menu {

/// The 16 bytes of a GUID on disk as text, lower case: the first three fields are little-endian.
std::string guid_text(std::string_view bytes);

struct GptPartition {
    unsigned number = 0;  ///< 1, 2, …: vda1
    std::string type;     ///< GUID of what it is for
    std::string guid;     ///< its own
};

/// Of an EFI system partition.
inline constexpr const char* kEspType = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";

/// The disk's primary table; empty without one. Tries sectors of 512 and 4096 bytes.
std::vector<GptPartition> read_partitions(const Fd& disk);

/// Unique GUIDs of all partitions in the disk's primary table.
std::set<std::string> partition_guids(const Fd& disk);

}  // namespace kld::menu
