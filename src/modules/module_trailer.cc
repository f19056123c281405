// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_trailer.h"

#include <fmt/core.h>

namespace kld::modules {
namespace {

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(fmt::format("the module's signature is malformed: {}", what),
                "the file is damaged; build or fetch it again");
}

}  // namespace

Result<std::optional<SignedBytes>> split_signature(std::string_view module) {
    if (!module.ends_with(kSignatureMagic)) return std::optional<SignedBytes>{};
    module.remove_suffix(kSignatureMagic.size());
    if (module.size() < kSignatureTrailerBytes) return malformed("its trailer is cut short");
    const auto trailer = module.substr(module.size() - kSignatureTrailerBytes);
    module.remove_suffix(kSignatureTrailerBytes);
    if (trailer[2] != kSignaturePkcs7) return malformed("it is no PKCS#7 message");
    for (const std::size_t zero : {0, 1, 3, 4, 5, 6, 7})
        if (trailer[zero] != 0) return malformed("a field that must be zero is not");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i < kSignatureTrailerBytes; ++i)
        length = (length << 8U) | static_cast<unsigned char>(trailer[i]);
    if (length == 0 || length > module.size()) return malformed(fmt::format("it claims {} bytes", length));
    const auto content = module.substr(0, module.size() - static_cast<std::size_t>(length));
    return SignedBytes{content, module.substr(content.size())};
}

Result<std::string> strip_signature(std::string_view module) {
    while (true) {
        KLD_TRY(const auto parts, split_signature(module));
        if (!parts) return std::string(module);
        module = parts->content;
    }
}

}  // namespace kld::modules
