// SPDX-License-Identifier: BSD-3-Clause
// The drivers that the boot menu carries: all that stands between it and a disk or a keyboard.
#pragma once

#include <string>
#include <vector>

namespace kld::uki {

/// Modules without which the menu is not built; one that is built into the kernel counts.
std::vector<std::string> required_drivers();

/// Modules that are taken when the kernel has them.
std::vector<std::string> wanted_drivers();

/// Directories below lib/modules/<version> whose modules are all taken.
std::vector<std::string> wanted_driver_directories();

}  // namespace kld::uki
