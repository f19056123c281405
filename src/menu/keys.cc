// SPDX-License-Identifier: BSD-3-Clause
#include "menu/keys.h"

#include <map>
#include <optional>
#include <utility>

namespace kld::menu {
namespace {

std::optional<Key> plain_key(char byte, bool& after_return) {
    const bool follows_return = std::exchange(after_return, byte == '\r');
    if (byte == '\r') return Key{KeyKind::enter};
    if (byte == '\n') return follows_return ? std::nullopt : std::optional(Key{KeyKind::enter});
    if (byte == 0x7f || byte == 0x08) return Key{KeyKind::backspace};
    if (byte > 0 && byte < 0x20) return Key{KeyKind::control, static_cast<char>(byte - 1 + 'a')};
    if (byte >= 0x20 && byte < 0x7f) return Key{KeyKind::text, byte};
    if (static_cast<unsigned char>(byte) >= 0x80) return Key{KeyKind::raw, byte};
    return std::nullopt;
}

/// What stands between ESC [ (or ESC O) and the end of the sequence, the last letter included.
std::optional<Key> sequence_key(std::string_view body) {
    static const std::map<std::string_view, KeyKind> kKeys{
        {"A", KeyKind::up},        {"B", KeyKind::down}, {"C", KeyKind::right},  {"D", KeyKind::left},
        {"H", KeyKind::home},      {"F", KeyKind::end},  {"1~", KeyKind::home},  {"7~", KeyKind::home},
        {"4~", KeyKind::end},      {"8~", KeyKind::end}, {"3~", KeyKind::erase}, {"5~", KeyKind::page_up},
        {"6~", KeyKind::page_down}};
    const auto known = kKeys.find(body);
    return known == kKeys.end() ? std::nullopt : std::optional(Key{known->second});
}

}  // namespace

std::vector<Key> KeyDecoder::feed(std::string_view bytes) {
    std::vector<Key> keys;
    for (const char byte : bytes) {
        if (pending_.empty() && byte != 0x1b) {
            if (const auto key = plain_key(byte, after_return_)) keys.push_back(*key);
            continue;
        }
        pending_ += byte;
        if (pending_.size() == 1) continue;
        const bool opens = pending_.size() == 2 && (byte == '[' || byte == 'O');
        const bool continues = pending_.size() > 2 && (byte < 0x40 || byte > 0x7e) && pending_.size() < 16;
        if (opens || continues) continue;
        if (pending_.size() == 2)
            keys.push_back({KeyKind::escape});
        else if (const auto key = sequence_key(std::string_view(pending_).substr(2)))
            keys.push_back(*key);
        const bool plain = pending_.size() == 2;
        pending_.clear();
        if (plain)
            if (const auto key = plain_key(byte, after_return_)) keys.push_back(*key);
    }
    return keys;
}

std::vector<Key> KeyDecoder::idle() {
    const bool escape = pending_ == "\x1b";
    pending_.clear();
    return escape ? std::vector<Key>{{KeyKind::escape}} : std::vector<Key>{};
}

}  // namespace kld::menu
