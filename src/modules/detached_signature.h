// SPDX-License-Identifier: BSD-3-Clause
// A detached CMS signature of the builder key: over a module, as the kernel reads it, or over a file of any kind.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/signing_key.h"

namespace kld::modules {

/// Whether the message carries the signer's certificate. The kernel looks for it in its own keyrings; other readers are
/// spared an option.
enum class Carry { nothing, certificate };

/// @returns the message in DER form. It holds no time and no other attribute: the same content and key give the same
/// bytes.
Result<std::string> sign_detached(std::string_view content, const SigningKey& key, Carry carry);

/// Succeeds when `signature` is one such message, whole and with nothing behind it, made over exactly these bytes with
/// the key of `certificate`. Certificates in the message count for nothing, and dates are not looked at: what was
/// signed in time stays signed.
/// @param what  the subject of the error: "the module's signature"
Status verify_detached(std::string_view content, std::string_view signature, const Certificate& certificate,
                       const std::string& what);

}  // namespace kld::modules
