// SPDX-License-Identifier: BSD-3-Clause
// Which libraries an ELF program needs, and their closure inside a root tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld::uki {

struct ElfNeeds {
    std::string interpreter;             ///< "/lib64/ld-linux-x86-64.so.2", empty for static programs and libraries
    std::vector<std::string> libraries;  ///< DT_NEEDED, in file order
};

/// Reads the dynamic section of a 64-bit little-endian ELF file.
Result<ElfNeeds> elf_needs(std::string_view bytes);

/// The content of a section of a 64-bit little-endian ELF file; empty when there is none of that name.
std::string_view elf_section(std::string_view bytes, std::string_view name);

/// Paths below the tree ("/usr/lib/x86_64-linux-gnu/libc.so.6"), sorted, of the libraries and interpreters that the
/// programs need, and of `extra` libraries that are loaded at run time. A library that is not there is an error.
Result<std::vector<std::string>> library_closure(Files& files, const std::string& tree,
                                                 const std::vector<std::string>& programs,
                                                 const std::vector<std::string>& extra);

}  // namespace kld::uki
