// SPDX-License-Identifier: BSD-3-Clause
// Which keyboard layouts, variants and options XKB has: base.lst of xkb-data.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "boot/keymap.h"

namespace kld::uki {

/// Where it lies in a tree.
inline constexpr const char* kXkbRules = "/usr/share/X11/xkb/rules/base.lst";

struct XkbRules {
    std::vector<boot::KeymapName> layouts;   ///< "de" German
    std::vector<boot::KeymapName> variants;  ///< "de:nodeadkeys" German (no dead keys)
    std::set<std::string> options;           ///< "compose:menu"
};

XkbRules parse_xkb_rules(std::string_view text);

/// What is wrong with layouts, variants and options as /etc/default/keyboard has them, comma-separated; the error lists
/// what there is.
Status check_xkb(const XkbRules& rules, const std::string& layouts, const std::string& variants,
                 const std::string& options);

}  // namespace kld::uki
