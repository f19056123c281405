// SPDX-License-Identifier: BSD-3-Clause
// How long ago, as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld {

/// "90m", "12h", "30d", "8w", "1y" → seconds. An error quotes what is none.
Result<std::uint64_t> parse_age(std::string_view text);

/// Seconds in the largest unit up to days that leaves no rest: 2592000 → "30 d".
std::string age_text(std::uint64_t seconds);

}  // namespace kld
