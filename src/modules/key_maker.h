// SPDX-License-Identifier: BSD-3-Clause
// Makes the builder key and its certificate in memory.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace kld::modules {

/// Both in PEM form; the key is PKCS#8 without a passphrase.
struct KeyPair {
    std::string key;
    std::string certificate;
};

/// What makes a certificate fit or unfit, so that tests can make the unfit ones.
struct CertificateWish {
    std::string basic_constraints = "critical,CA:FALSE";
    std::string key_usage = "critical,digitalSignature";
    std::string extended_key_usage = "codeSigning";
    int key_bits = 2048;
    std::chrono::seconds validity = std::chrono::hours(24) * 3650;
};

/// A new RSA key and its self-signed certificate "kldload builder <random id>", valid from a day before `now`: clocks
/// differ.
Result<KeyPair> make_key_pair(std::chrono::system_clock::time_point now, const CertificateWish& wish = {});

}  // namespace kld::modules
