// SPDX-License-Identifier: BSD-3-Clause
// A hibernated system believes that its pools are as it left them: writing to one beforehand would destroy it on
// resume.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"

namespace kld::menu {

/// True for a swap area that holds the memory of a hibernated system (one that is not encrypted).
bool holds_hibernated_system(const Fd& device);

/// Fails and names the device when one of them holds a hibernated system. Devices that do not answer hold none.
Status check_nobody_hibernates(const std::vector<std::string>& devices);

}  // namespace kld::menu
