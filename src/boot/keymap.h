// SPDX-License-Identifier: BSD-3-Clause
// Keyboard layouts of the boot menu: their names, the list of them, and the tables that the kernel takes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kld::boot {

/// The property of a pool, or of a dataset, that names the layout of the keyboard before it.
inline constexpr const char* kKeymapProperty = "org.kldload:keymap";

/// The layout that the kernel has by itself.
inline constexpr const char* kKernelKeymap = "us";

/// Where the menu has them, without the slash in front.
inline constexpr const char* kKeymapDirectory = "usr/share/keymaps";
inline constexpr const char* kKeymapList = "list";
inline constexpr const char* kKeymapSuffix = ".bmap";

/// A layout in XKB's words, the variant behind a colon: "de", "de:nodeadkeys".
struct KeymapName {
    std::string name;
    std::string description;  ///< "German (no dead keys)"

    bool operator==(const KeymapName&) const = default;
};

/// True for what may be part of a path: letters, digits, _ and -, at most one colon inside.
bool is_keymap_name(std::string_view text);

/// One a line, name and description with a tab between. Lines of another form are left out.
std::string keymap_list_text(const std::vector<KeymapName>& names);
std::vector<KeymapName> parse_keymap_list(std::string_view text);

/// What each key gives with each combination of modifiers, as KDSKBENT takes it.
struct Keymap {
    static constexpr std::size_t kKeys = 128;
    std::map<std::uint8_t, std::array<std::uint16_t, kKeys>> tables;  ///< by modifiers: 0 none, 1 shift, 2 AltGr, …
};

/// Reads what `loadkeys --bkeymap` writes. An error for any other file: too long counts, too.
Result<Keymap> parse_keymap(std::string_view bytes);

}  // namespace kld::boot
