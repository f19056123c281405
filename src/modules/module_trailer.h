// SPDX-License-Identifier: BSD-3-Clause
// Where a module ends and its signature begins. Static programs of the target read this, too: no libcrypto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::modules {

/// What ends a signed module, behind a trailer (include/linux/module_signature.h).
inline constexpr std::string_view kSignatureMagic = "~Module signature appended~\n";
inline constexpr std::size_t kSignatureTrailerBytes = 12;
inline constexpr char kSignaturePkcs7 = 2;  ///< the third byte of the trailer: PKEY_ID_PKCS7

struct SignedBytes {
    std::string_view content;
    std::string_view message;  ///< PKCS#7, DER
};

/// @param module  unpacked bytes
/// @returns nothing when the module carries no signature; an error when the kernel would call its trailer malformed
/// (mod_check_sig: every field but type and length is zero)
Result<std::optional<SignedBytes>> split_signature(std::string_view module);

/// The module without any signature. A signature that is itself malformed is an error.
Result<std::string> strip_signature(std::string_view module);

}  // namespace kld::modules
