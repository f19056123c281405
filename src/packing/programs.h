// SPDX-License-Identifier: BSD-3-Clause
// Programs of the builder that do not belong to every system.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace kld::packing {

struct Program {
    std::string name;
    std::string package;  ///< of Debian, that has it
};

/// A missing one is an error that says which package has it.
/// @param what  that needs them: "a package for dnf"
Status need_programs(Files& files, const std::vector<Program>& programs, const std::string& what);

}  // namespace kld::packing
