// SPDX-License-Identifier: BSD-3-Clause
#include "base/age.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace kld {
namespace {

struct TimeUnit {
    char letter;
    std::uint64_t seconds;
};
constexpr std::array<TimeUnit, 5> kUnits{{{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31536000}}};

}  // namespace

Result<std::uint64_t> parse_age(std::string_view text) {
    const auto bad = [&] {
        return fail(fmt::format("'{}' is no age", text), "write a number with m, h, d, w or y, for example 30d",
                    ExitCode::usage);
    };
    constexpr std::uint64_t kLongest = 1'000'000;
    if (text.empty()) return bad();
    const auto count = parse_number(text.substr(0, text.size() - 1));
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const TimeUnit& one) { return one.letter == text.back(); });
    if (!count || *count > kLongest || unit == kUnits.end()) return bad();
    return *count * unit->seconds;
}

std::string age_text(std::uint64_t seconds) {
    auto text = fmt::format("{} s", seconds);
    for (const auto& unit : kUnits)
        if (unit.letter != 'w' && unit.letter != 'y' && seconds >= unit.seconds && seconds % unit.seconds == 0)
            text = fmt::format("{} {}", seconds / unit.seconds, unit.letter);
    return text;
}

}  // namespace kld
