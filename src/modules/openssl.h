// SPDX-License-Identifier: BSD-3-Clause
// OpenSSL's objects with owners, for the .cc files of this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/signing_key.h"

namespace kld::modules {

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Cms = std::unique_ptr<CMS_ContentInfo, Freed<CMS_ContentInfo_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Owner = std::unique_ptr<X509, Freed<X509_free>>;

struct Certificate::Native {
    X509Owner x509;
};

struct SigningKey::Native {
    PrivateKey key;
};

/// A BIO that reads `bytes`, which must outlive it.
Bio memory_bio(std::string_view bytes);

/// What was written to a memory BIO.
std::string bio_text(BIO* bio);

/// "message (OpenSSL's last reason)"; empties OpenSSL's queue of errors.
Error openssl_error(std::string message);

/// A PKCS#7 signed message in DER form, with nothing behind it.
/// @param what  the subject of the error: "the module's signature"
Result<Cms> parse_signed_message(std::string_view message, const std::string& what);

/// The common name of an X.509 name, or all of it when it has none.
std::string common_name(const X509_NAME* name);

}  // namespace kld::modules
