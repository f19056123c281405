// SPDX-License-Identifier: BSD-3-Clause
// What keys mean in every list of the menu.
#pragma once

#include <cstddef>

#include "menu/keys.h"

namespace kld::menu {

/// Moves an index with the arrow keys, j and k, pages and digits. @returns false for any other key
bool move_in_list(const Key& key, std::size_t count, std::size_t& index);

/// The command that a key stands for, as a capital letter; 0 for none. Letters are commands in either case, but "k"
/// moves: the kernel list is K.
char command_of(const Key& key);

}  // namespace kld::menu
