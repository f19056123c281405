// SPDX-License-Identifier: BSD-3-Clause
// What a machine shows on its screen.
#pragma once

#include <cstddef>

#include "vm/support/guest.h"

namespace kld::test {

/// Waits up to a minute until the screen shows at least `wanted` rows of text. @returns the last count
std::size_t rows_on_screen(Guest& guest, std::size_t wanted);

}  // namespace kld::test
