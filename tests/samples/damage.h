// SPDX-License-Identifier: BSD-3-Clause
// For tests of readers of untrusted bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace kld::test {

/// The error's message, or "no error": asking a success for its error is undefined.
template <typename T>
std::string message_of(const Result<T>& result) {
    return result ? "no error" : result.error().message;
}

/// Calls `f` with `rounds` copies of `bytes` in which a few bytes are overwritten at random, always the same ones.
template <typename F>
void mutate(const std::string& bytes, int rounds, F&& f) {
    std::uint32_t state = 4711;
    const auto next = [&state] { return state = state * 1664525U + 1013904223U, state >> 8U; };
    for (int round = 0; round < rounds; ++round) {
        auto mutated = bytes;
        for (auto changes = 1 + next() % 4; changes > 0 && !mutated.empty(); --changes)
            mutated[next() % mutated.size()] = static_cast<char>(next());
        f(mutated);
    }
}

/// Calls `f` with every prefix of `bytes` (all of the first and last 300, then every 97th), and mutates them.
template <typename F>
void torment(const std::string& bytes, int rounds, F&& f) {
    for (std::size_t size = 0; size < bytes.size(); size += (size < 300 || size + 300 > bytes.size()) ? 1 : 97)
        f(bytes.substr(0, size));
    mutate(bytes, rounds, f);
}

}  // namespace kld::test
