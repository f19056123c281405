// SPDX-License-Identifier: BSD-3-Clause
// Which datasets are boot environments, and in which order a menu shows them.
#pragma once

#include <string>
#include <vector>

#include "boot/dataset.h"

namespace kld::boot {

/// ZFSBootMenu's rule: mountpoint `/` unless org.zfsbootmenu:active=off; mountpoint `legacy` only with active=on.
bool is_boot_environment(const Dataset& dataset);

struct Environments {
    std::vector<std::string> names;     ///< `bootfs` first, the others by name
    std::vector<std::string> warnings;  ///< e.g. canmount=on, which lets two of them mount on /
};

Environments boot_environments(const std::vector<Dataset>& datasets, const std::string& bootfs);

}  // namespace kld::boot
