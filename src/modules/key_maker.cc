// SPDX-License-Identifier: BSD-3-Clause
#include "modules/key_maker.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "modules/openssl.h"

namespace kld::modules {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

bool add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Sixteen random bytes, positive and without a leading zero as X.509 wants serial numbers.
bool set_serial(X509* certificate, const std::string& random) {
    std::string bytes = random;
    bytes[0] = static_cast<char>((static_cast<unsigned char>(bytes[0]) & 0x7fU) | 0x40U);
    const Number number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& text) {
    X509_NAME* name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

Result<std::string> random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        return fail(openssl_error("no random numbers for the builder key"));
    return bytes;
}

}  // namespace

Result<KeyPair> make_key_pair(std::chrono::system_clock::time_point now, const CertificateWish& wish) {
    using std::chrono::system_clock;
    KLD_TRY(const auto serial, random_bytes(16));
    KLD_TRY(const auto id, random_bytes(8));
    const PrivateKey key(EVP_RSA_gen(static_cast<unsigned>(wish.key_bits)));
    const X509Owner x509(X509_new());
    if (!key || !x509) return fail(openssl_error("the builder key cannot be made"));

    X509* certificate = x509.get();
    const auto begin = system_clock::to_time_t(now - std::chrono::hours(24));
    const auto end = system_clock::to_time_t(now + wish.validity);
    constexpr long kVersion3 = 2;
    const bool made = X509_set_version(certificate, kVersion3) == 1 && set_serial(certificate, serial) &&
                      set_name(certificate, "kldload builder " + hex(id)) &&
                      ASN1_TIME_set(X509_getm_notBefore(certificate), begin) != nullptr &&
                      ASN1_TIME_set(X509_getm_notAfter(certificate), end) != nullptr &&
                      X509_set_pubkey(certificate, key.get()) == 1 &&
                      add_extension(certificate, NID_basic_constraints, wish.basic_constraints) &&
                      add_extension(certificate, NID_key_usage, wish.key_usage) &&
                      add_extension(certificate, NID_ext_key_usage, wish.extended_key_usage) &&
                      add_extension(certificate, NID_subject_key_identifier, "hash") &&
                      X509_sign(certificate, key.get(), EVP_sha256()) > 0;
    const Bio key_bio(BIO_new(BIO_s_secmem()));
    const Bio certificate_bio(BIO_new(BIO_s_mem()));
    if (!made || PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_bio.get(), certificate) != 1)
        return fail(openssl_error("the builder's certificate cannot be made"));
    return KeyPair{bio_text(key_bio.get()), bio_text(certificate_bio.get())};
}

}  // namespace kld::modules
