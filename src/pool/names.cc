// SPDX-License-Identifier: BSD-3-Clause
#include "pool/names.h"

#include <cstdint>

namespace kld::pool {

std::string parent_path(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string last_part(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool is_utf8(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const std::size_t length = first < 0x80         ? 1
                                   : (first >> 5) == 6  ? 2
                                   : (first >> 4) == 14 ? 3
                                   : (first >> 3) == 30 ? 4
                                                        : 0;
        if (length == 0 || at + length > bytes.size()) return false;
        std::uint32_t code = length == 1 ? first : first & (0x7fU >> length);
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(bytes[at + i]);
            if ((next >> 6) != 2) return false;
            code = code << 6 | (next & 0x3f);
        }
        const bool too_long =
            (length == 2 && code < 0x80) || (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
        if (too_long || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return false;
        at += length;
    }
    return true;
}

}  // namespace kld::pool
