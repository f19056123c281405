// SPDX-License-Identifier: BSD-3-Clause
// Reads which partitions a GPT names.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace kld::menu {

/// The 16 bytes of a GUID on disk as text, lower case: the first three fields are little-endian.
std::string guid_text(std::string_view bytes);

/// Unique GUIDs of all partitions in the disk's primary table; empty without one. Tries sectors of 512 and 4096 bytes.
std::set<std::string> partition_guids(const Fd& disk);

}  // namespace kld::menu
