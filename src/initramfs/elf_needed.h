// SPDX-License-Identifier: BSD-3-Clause
// Which libraries a program or library asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kld::initramfs {

struct ElfNeeds {
    std::string interpreter;             ///< the loader's path; empty for libraries and static programs
    std::vector<std::string> libraries;  ///< DT_NEEDED, in order
};

/// @param elf  a 64-bit little-endian file; its bytes are not trusted
Result<ElfNeeds> read_needs(std::string_view elf);

}  // namespace kld::initramfs
