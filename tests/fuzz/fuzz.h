// SPDX-License-Identifier: BSD-3-Clause
// What a fuzzer is: one reader of untrusted bytes, and what it promises whatever they are.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace kld::fuzz {

/// Each fuzzer defines it. Called with one input after another in one process.
void read(std::string_view bytes);

/// Ends the process when the reader broke its promise: that is how a fuzzer tells.
inline void promise(bool kept, const char* what) {
    if (kept) return;
    std::cerr << "not kept: " << what << '\n';
    std::abort();
}

/// A part of the input, or nothing at all.
inline bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace kld::fuzz
