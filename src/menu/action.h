// SPDX-License-Identifier: BSD-3-Clause
// What the menu is told to do by a person, or by the end of the countdown.
#pragma once

#include <cstddef>
#include <string>

#include "menu/secret.h"

namespace kld::menu {

enum class ActionKind {
    none,
    boot,
    shell,
    rescan,
    power_off,
    reboot,
    firmware,
    list_snapshots,
    clone,
    set_default,
    pool_status,
    log,
    kernel_log,
    unlock,
    set_keymap
};

struct Action {
    ActionKind kind = ActionKind::none;
    std::size_t entry = 0;      ///< of `boot`, `list_snapshots`, `clone`, `set_default`, `unlock`
    std::size_t kernel = 0;     ///< of `boot`
    std::string arguments{};    ///< of `boot`
    std::string snapshot{};     ///< of `clone`
    bool make_default = false;  ///< of `clone`
    Secret passphrase{};        ///< of `unlock`
    std::string keymap{};       ///< of `set_keymap`
};

}  // namespace kld::menu
