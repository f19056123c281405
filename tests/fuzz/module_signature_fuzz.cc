// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "base/files.h"
#include "fuzz/fuzz.h"
#include "modules/module_signature.h"

namespace {

using namespace kld;
using fuzz::promise;

const modules::Certificate& builder() {
    static const auto certificate = modules::Certificate::from_pem(RealFiles().read(KLD_FUZZ_CERTIFICATE).value());
    return certificate.value();
}

void read_module(std::string_view bytes) {
    const auto signature = modules::read_signature(bytes);
    const bool good = modules::verify_signature(bytes, builder()).has_value();
    promise(!good || (signature && *signature), "what holds can be read");
    const auto stripped = modules::strip_signature(bytes);
    if (!stripped) return;
    promise(bytes.starts_with(*stripped), "nothing but the end is taken off");
    const auto again = modules::read_signature(*stripped);
    promise(again && !*again, "no signature is left");
}

}  // namespace

void kld::fuzz::read(std::string_view bytes) {
    read_module(bytes);
    // Once more as the PKCS#7 message of a module: hardly anything that is made up gets past the trailer.
    std::string module = "module" + std::string(bytes) + std::string("\0\0\2\0\0\0\0\0", 8);
    for (const int shift : {24, 16, 8, 0}) module += static_cast<char>(bytes.size() >> shift);
    read_module(module + "~Module signature appended~\n");
}
