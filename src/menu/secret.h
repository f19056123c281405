// SPDX-License-Identifier: BSD-3-Clause
// A passphrase: wiped when it goes, and never made part of other text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace kld::menu {

class Secret {
public:
    /// As long as ZFS takes a passphrase.
    static constexpr std::size_t kLimit = 512;

    Secret() = default;
    explicit Secret(std::string_view text);
    Secret(const Secret& other) : Secret(other.view()) {}
    Secret(Secret&& other) noexcept { swap(other); }
    Secret& operator=(Secret other) noexcept {
        swap(other);
        return *this;
    }
    ~Secret() { clear(); }

    /// Bytes over the limit are dropped.
    void append(char byte);
    /// Removes the last character, all bytes of it when it is UTF-8.
    void erase_last();
    void clear();
    std::string_view view() const { return bytes_; }

private:
    void swap(Secret& other) noexcept { bytes_.swap(other.bytes_); }
    std::string bytes_{};
};

}  // namespace kld::menu
