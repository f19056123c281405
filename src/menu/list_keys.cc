// SPDX-License-Identifier: BSD-3-Clause
#include "menu/list_keys.h"

#include <algorithm>
#include <cctype>

namespace kld::menu {

bool move_in_list(const Key& key, std::size_t count, std::size_t& index) {
    const auto step = [&](long by) {
        if (count == 0) return true;
        index =
            static_cast<std::size_t>(std::clamp<long>(static_cast<long>(index) + by, 0, static_cast<long>(count) - 1));
        return true;
    };
    if (key.kind == KeyKind::up || key == Key{KeyKind::text, 'k'}) return step(-1);
    if (key.kind == KeyKind::down || key == Key{KeyKind::text, 'j'}) return step(1);
    if (key.kind == KeyKind::page_up) return step(-8);
    if (key.kind == KeyKind::page_down) return step(8);
    if (key.kind == KeyKind::home) return step(-static_cast<long>(count));
    if (key.kind == KeyKind::end) return step(static_cast<long>(count));
    if (key.kind != KeyKind::text || key.text < '1' || key.text > '9') return false;
    const auto wanted = static_cast<std::size_t>(key.text - '1');
    if (wanted < count) index = wanted;
    return true;
}

char command_of(const Key& key) {
    if (key.kind != KeyKind::text || key.text == 'k') return 0;
    return static_cast<char>(std::toupper(static_cast<unsigned char>(key.text)));
}

}  // namespace kld::menu
