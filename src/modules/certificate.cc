// SPDX-License-Identifier: BSD-3-Clause
#include <openssl/pem.h>

#include <ctime>

#include "digest/sha256.h"
#include "modules/openssl.h"
#include "modules/signing_key.h"

namespace kld::modules {

Result<Certificate> Certificate::from_pem(std::string_view pem) {
    const auto bio = memory_bio(pem);
    X509Owner x509(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!x509) return fail(openssl_error("not an X.509 certificate in PEM form"));
    return Certificate(std::make_shared<const Native>(Native{std::move(x509)}));
}

std::string Certificate::subject() const {
    return common_name(X509_get_subject_name(native_->x509.get()));
}

std::string Certificate::pem() const {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), native_->x509.get());
    return bio_text(bio.get());
}

std::string Certificate::der() const {
    const Bio bio(BIO_new(BIO_s_mem()));
    i2d_X509_bio(bio.get(), native_->x509.get());
    return bio_text(bio.get());
}

std::string Certificate::fingerprint() const {
    return sha256_hex(der());
}

std::int64_t Certificate::valid_from() const {
    std::tm time{};
    ASN1_TIME_to_tm(X509_get0_notBefore(native_->x509.get()), &time);
    return timegm(&time);
}

}  // namespace kld::modules
