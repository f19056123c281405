// SPDX-License-Identifier: BSD-3-Clause
// What went wrong in a child program, in its own words.
#pragma once

#include <string>

#include "base/result.h"

namespace kld::menu {

/// One line for the screen: what the program printed, else the error as it is.
std::string reason(const Error& error);

}  // namespace kld::menu
