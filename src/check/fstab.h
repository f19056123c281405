// SPDX-License-Identifier: BSD-3-Clause
// /etc/fstab of an environment.
#pragma once

#include <string>
#include <vector>

#include "check/system.h"

namespace kld::check {

struct Mount {
    std::string source, target, type;
    std::vector<std::string> options;
};

/// Lines with less than four fields are left out.
std::vector<Mount> read_fstab(const Environment& environment);

}  // namespace kld::check
