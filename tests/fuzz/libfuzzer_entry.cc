// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer has the main program and makes up the inputs.
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    kld::fuzz::read({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
