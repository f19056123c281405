// SPDX-License-Identifier: BSD-3-Clause
#include "base/files.h"
#include "fuzz/fuzz.h"
#include "modules/module_signature.h"

namespace {

const kld::modules::Certificate& builder() {
    static const auto certificate =
        kld::modules::Certificate::from_pem(kld::RealFiles().read(KLD_FUZZ_CERTIFICATE).value());
    return certificate.value();
}

}  // namespace

void kld::fuzz::read(std::string_view bytes) {
    const auto signature = modules::read_signature(bytes);
    const bool good = modules::verify_signature(bytes, builder()).has_value();
    promise(!good || (signature && *signature), "what holds can be read");
    const auto stripped = modules::strip_signature(bytes);
    if (!stripped) return;
    promise(bytes.starts_with(*stripped), "nothing but the end is taken off");
    const auto again = modules::read_signature(*stripped);
    promise(again && !*again, "no signature is left");
}
