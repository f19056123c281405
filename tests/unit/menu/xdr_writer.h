// SPDX-License-Identifier: BSD-3-Clause
// Writes name-value lists as they stand in vdev labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kld::menu {

inline std::string xdr_number(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

inline std::string xdr_text(const std::string& text) {
    return xdr_number(static_cast<std::uint32_t>(text.size())) + text + std::string((4 - text.size() % 4) % 4, '\0');
}

class XdrList {
public:
    XdrList& number(const std::string& name, std::uint64_t value) {
        return pair(
            name, 8, 1,
            xdr_number(static_cast<std::uint32_t>(value >> 32)) + xdr_number(static_cast<std::uint32_t>(value)));
    }
    XdrList& text(const std::string& name, const std::string& value) { return pair(name, 9, 1, xdr_text(value)); }
    XdrList& flag(const std::string& name) { return pair(name, 1, 0, ""); }
    XdrList& list(const std::string& name, const XdrList& value) { return pair(name, 19, 1, value.bytes()); }
    XdrList& lists(const std::string& name, const std::vector<XdrList>& values) {
        std::string all;
        for (const auto& value : values) all += value.bytes();
        return pair(name, 20, static_cast<std::uint32_t>(values.size()), all);
    }
    std::string bytes() const { return xdr_number(0) + xdr_number(1) + pairs_ + xdr_number(0) + xdr_number(0); }
    /// With the header that a label has: XDR, little-endian host.
    std::string packed() const { return std::string("\x01\x01\0\0", 4) + bytes(); }

private:
    XdrList& pair(const std::string& name, std::uint32_t type, std::uint32_t count, const std::string& value) {
        const auto rest = xdr_text(name) + xdr_number(type) + xdr_number(count) + value;
        pairs_ += xdr_number(static_cast<std::uint32_t>(rest.size() + 8)) + xdr_number(64) + rest;
        return *this;
    }
    std::string pairs_;
};

}  // namespace kld::menu
