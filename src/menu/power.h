// SPDX-License-Identifier: BSD-3-Clause
// Turns the machine off or around.
#pragma once

#include "base/result.h"
#include "menu/state.h"

namespace kld::menu {

/// power_off, reboot or firmware. Returns only when it failed.
Error change_power(ActionKind action);

}  // namespace kld::menu
