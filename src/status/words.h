// SPDX-License-Identifier: BSD-3-Clause
// Numbers and times in the words of a person.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "status/state.h"

namespace kld::status {

/// "1 error", "2 errors"
std::string counted(std::uint64_t count, const std::string& what);

/// "12 days", "3 hours", "1 minute", "5 seconds": the largest unit that is at least one. Less than nothing is nothing.
std::string duration(std::int64_t seconds);

/// "2 read errors, 1 checksum error"; "no errors"
std::string words_of(const Errors& errors);

/// The whole text as a decimal number: "1.82".
std::optional<double> decimal(std::string_view text);

}  // namespace kld::status
