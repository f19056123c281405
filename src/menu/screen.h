// SPDX-License-Identifier: BSD-3-Clause
// How much fits on the smallest terminal that the menu draws on.
#pragma once

#include <cstddef>

namespace kld::menu {

inline constexpr std::size_t kColumns = 80;
inline constexpr std::size_t kRows = 24;
inline constexpr std::size_t kWidth = kColumns - 1;  ///< the last column would scroll some terminals
/// Rows for text that scrolls: without the title above, and position and keys below.
inline constexpr std::size_t kTextRows = kRows - 6;

}  // namespace kld::menu
