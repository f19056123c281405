// SPDX-License-Identifier: BSD-3-Clause
#include "boot/keymap.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace kld::boot {
namespace {

constexpr std::string_view kMagic = "bkeymap";
constexpr std::size_t kTables = 256;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

bool is_keymap_name(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    const auto plain = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) {
            return (std::isalnum(c) != 0 && c < 0x80) || c == '_' || c == '-';
        });
    };
    const auto colon = text.find(':');
    return text.size() <= kLongest && plain(text.substr(0, colon)) &&
           (colon == std::string_view::npos || plain(text.substr(colon + 1)));
}

std::string keymap_list_text(const std::vector<KeymapName>& names) {
    std::string text;
    for (const auto& [name, description] : names) text += name + "\t" + description + "\n";
    return text;
}

std::vector<KeymapName> parse_keymap_list(std::string_view text) {
    std::vector<KeymapName> names;
    for (const auto& line : lines(text)) {
        const auto fields = split(line, '\t');
        if (fields.size() == 2 && is_keymap_name(fields[0])) names.push_back({fields[0], fields[1]});
    }
    return names;
}

Result<Keymap> parse_keymap(std::string_view bytes) {
    constexpr std::size_t kHead = kMagic.size() + kTables;
    constexpr std::size_t kTableBytes = 2 * Keymap::kKeys;
    if (!bytes.starts_with(kMagic) || bytes.size() < kHead) return fail("no binary keymap");
    Keymap keymap;
    auto at = kHead;
    for (std::size_t table = 0; table < kTables; ++table) {
        if (bytes[kMagic.size() + table] == 0) continue;
        if (bytes.size() - at < kTableBytes) return fail("the keymap ends too early");
        auto& keys = keymap.tables[static_cast<std::uint8_t>(table)];
        for (auto& key : keys) {
            key = static_cast<std::uint16_t>(byte_at(bytes, at) | (byte_at(bytes, at + 1) << 8U));
            at += 2;
        }
    }
    if (at != bytes.size()) return fail("the keymap is longer than its tables");
    if (!keymap.tables.contains(0)) return fail("the keymap has no table for keys without modifiers");
    return keymap;
}

}  // namespace kld::boot
