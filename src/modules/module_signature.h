// SPDX-License-Identifier: BSD-3-Clause
// The signature that the kernel expects behind a module: a detached PKCS#7 message, a trailer of 12 bytes, a magic
// text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/module_trailer.h"
#include "modules/signing_key.h"

namespace kld::modules {

struct ModuleSignature {
    std::string issuer;  ///< common name of the certificate's issuer, or the whole name when it has none
    std::string serial;  ///< of the certificate, upper-case hex
    std::string hash;    ///< "sha256"
};

/// @param module  unpacked bytes
/// @returns nothing when the module carries no signature; an error when it carries one that the kernel would call
/// malformed
Result<std::optional<ModuleSignature>> read_signature(std::string_view module);

/// Succeeds when the (last) signature of the module was made over exactly these bytes with the key of `certificate`.
/// Dates are not looked at: the kernel does not look at them either.
Status verify_signature(std::string_view module, const Certificate& certificate);

/// The module with a signature appended, byte for byte as the kernel's scripts/sign-file does with sha256.
/// @param module  unpacked bytes without a signature
Result<std::string> sign_module(std::string_view module, const SigningKey& key);

}  // namespace kld::modules
