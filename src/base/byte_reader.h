// SPDX-License-Identifier: BSD-3-Clause
// Bounds-checked views into untrusted bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kld {

/// `size` bytes at `offset`, or nothing when they do not all lie inside `bytes`.
inline std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

/// The little-endian unsigned number of `size` bytes (at most 8) at `offset`.
inline std::optional<std::uint64_t> little_endian(std::string_view bytes, std::uint64_t offset, unsigned size) {
    const auto field = slice(bytes, offset, size);
    if (!field) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = size; i > 0; --i) value = (value << 8U) | static_cast<unsigned char>((*field)[i - 1]);
    return value;
}

/// Text from `offset` to the next NUL, or nothing when there is none within `limit` bytes.
inline std::optional<std::string_view> c_string(std::string_view bytes, std::uint64_t offset, std::size_t limit) {
    if (offset >= bytes.size()) return std::nullopt;
    const auto rest = bytes.substr(static_cast<std::size_t>(offset), limit);
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
}

}  // namespace kld
