// SPDX-License-Identifier: BSD-3-Clause
#include "status/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace kld::status {

std::string counted(std::uint64_t count, const std::string& what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string duration(std::int64_t seconds) {
    struct Step {
        std::int64_t length;
        const char* name;
    };
    constexpr Step kSteps[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
    for (const auto& step : kSteps)
        if (seconds >= step.length) return counted(static_cast<std::uint64_t>(seconds / step.length), step.name);
    return counted(static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)), "second");
}

std::string words_of(const Errors& errors) {
    std::vector<std::string> parts;
    if (errors.read != 0) parts.push_back(counted(errors.read, "read error"));
    if (errors.write != 0) parts.push_back(counted(errors.write, "write error"));
    if (errors.checksum != 0) parts.push_back(counted(errors.checksum, "checksum error"));
    return parts.empty() ? "no errors" : join(parts, ", ");
}

std::optional<double> decimal(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace kld::status
