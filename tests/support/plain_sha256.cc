// SPDX-License-Identifier: BSD-3-Clause
#include "support/plain_sha256.h"

#include <bit>
#include <cmath>

#include "base/text.h"

namespace kld::test {

namespace {

/// The first 32 bits of the fraction: how the standard defines its constants.
std::uint32_t fraction(long double number) {
    return static_cast<std::uint32_t>(std::floor((number - std::floor(number)) * 4294967296.0L));
}

bool is_prime(unsigned number) {
    for (unsigned divisor = 2; divisor * divisor <= number; ++divisor)
        if (number % divisor == 0) return false;
    return true;
}

}  // namespace

PlainSha256::PlainSha256() {
    unsigned prime = 1;
    for (std::size_t i = 0; i < 64; ++i) {
        do ++prime;
        while (!is_prime(prime));
        round_constants_[i] = fraction(std::cbrt(static_cast<long double>(prime)));
        if (i < 8) state_[i] = fraction(std::sqrt(static_cast<long double>(prime)));
    }
}

void PlainSha256::block(const unsigned char* bytes) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < 4; ++j) w[i] = w[i] << 8 | bytes[i * 4 + j];
    for (std::size_t i = 16; i < 64; ++i) {
        const auto s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
        const auto s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
        const auto t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                        round_constants_[i] + w[i];
        const auto t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> sum = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += sum[i];
}

void PlainSha256::add(std::string_view bytes) {
    length_ += bytes.size();
    if (!rest_.empty()) {
        const auto take = std::min(bytes.size(), 64 - rest_.size());
        rest_ += bytes.substr(0, take);
        bytes.remove_prefix(take);
        if (rest_.size() < 64) return;
        block(reinterpret_cast<const unsigned char*>(rest_.data()));
        rest_.clear();
    }
    for (; bytes.size() >= 64; bytes.remove_prefix(64)) block(reinterpret_cast<const unsigned char*>(bytes.data()));
    rest_ = bytes;
}

std::string PlainSha256::finish() {
    const std::uint64_t bits = length_ * 8;
    std::string padding("\x80");
    padding.resize(1 + (119 - length_ % 64) % 64, '\0');
    for (int shift = 56; shift >= 0; shift -= 8) padding += static_cast<char>(bits >> shift & 0xff);
    add(padding);
    std::string bytes;
    for (const auto word : state_)
        for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 0xff);
    return hex(bytes);
}

}  // namespace kld::test
