// SPDX-License-Identifier: BSD-3-Clause
// SHA-256 (FIPS 180-4) without a library, for static programs that run in guests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kld::test {

class PlainSha256 {
public:
    PlainSha256();
    void add(std::string_view bytes);
    /// 64 lower-case hex digits; nothing can be added afterwards.
    std::string finish();

private:
    void block(const unsigned char* bytes);
    std::array<std::uint32_t, 8> state_{};
    std::array<std::uint32_t, 64> round_constants_{};
    std::string rest_{};
    std::uint64_t length_ = 0;
};

}  // namespace kld::test
