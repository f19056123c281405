// SPDX-License-Identifier: BSD-3-Clause
#include "menu/secret.h"

#include <cstring>

namespace kld::menu {

Secret::Secret(std::string_view text) {
    for (const char byte : text) append(byte);
}

void Secret::append(char byte) {
    // Growing would leave a copy behind at each step, and a short string one in each object that it was moved out of.
    bytes_.reserve(kLimit);
    if (bytes_.size() < kLimit) bytes_ += byte;
}

void Secret::erase_last() {
    const auto continues = [&] { return (static_cast<unsigned char>(bytes_.back()) & 0xc0U) == 0x80U; };
    while (!bytes_.empty() && continues()) bytes_.pop_back();
    if (!bytes_.empty()) bytes_.pop_back();
}

void Secret::clear() {
    bytes_.resize(bytes_.capacity());
    ::explicit_bzero(bytes_.data(), bytes_.size());
    bytes_.clear();
}

}  // namespace kld::menu
