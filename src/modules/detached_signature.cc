// SPDX-License-Identifier: BSD-3-Clause
#include "modules/detached_signature.h"

#include <fmt/core.h>

#include "modules/openssl.h"

namespace kld::modules {
namespace {

constexpr unsigned kFlags = CMS_BINARY | CMS_DETACHED | CMS_NOATTR | CMS_NOSMIMECAP;

/// The only signer of a message, or none: with several, one that is not trusted would go along with one that is.
CMS_SignerInfo* only_signer(CMS_ContentInfo* cms) {
    STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
    return signers != nullptr && sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : nullptr;
}

/// By its issuer: builder certificates are their own.
std::string name_of(CMS_SignerInfo* signer) {
    X509_NAME* issuer = nullptr;
    const bool named = CMS_SignerInfo_get0_signer_id(signer, nullptr, &issuer, nullptr) == 1 && issuer != nullptr;
    return named ? common_name(issuer) : std::string();
}

}  // namespace

Result<Cms> parse_signed_message(std::string_view message, const std::string& what) {
    const auto bio = memory_bio(message);
    Cms cms(bio ? d2i_CMS_bio(bio.get(), nullptr) : nullptr);
    if (cms && OBJ_obj2nid(CMS_get0_type(cms.get())) == NID_pkcs7_signed && BIO_pending(bio.get()) == 0) return cms;
    openssl_error({});
    return fail(fmt::format("{} is malformed: it is no PKCS#7 signed message", what),
                "the file is damaged; build or fetch it again");
}

Result<std::string> sign_detached(std::string_view content, const SigningKey& key, Carry carry) {
    const auto flags = kFlags | (carry == Carry::nothing ? CMS_NOCERTS : 0U);
    X509* certificate = key.certificate().native().x509.get();
    const auto bytes = memory_bio(content);
    const Cms cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags | CMS_PARTIAL | CMS_STREAM));
    const Bio message(BIO_new(BIO_s_mem()));
    if (!bytes || !cms || !message ||
        CMS_add1_signer(cms.get(), certificate, key.native().key.get(), EVP_sha256(), flags) == nullptr ||
        CMS_final(cms.get(), bytes.get(), nullptr, flags) != 1 || i2d_CMS_bio(message.get(), cms.get()) != 1)
        return fail(openssl_error("the builder key cannot sign"));
    return bio_text(message.get());
}

Status verify_detached(std::string_view content, std::string_view signature, const Certificate& certificate,
                       const std::string& what) {
    KLD_TRY(const auto cms, parse_signed_message(signature, what));
    const auto signer = only_signer(cms.get());
    if (signer == nullptr) return fail(what + " does not have exactly one signer");
    auto bytes = memory_bio(content);
    // CMS_verify makes a copy of a memory BIO, which it forgets when the message is damaged: it is shown another kind.
    const Bio shown(BIO_new(BIO_f_null()));
    if (!bytes || !shown) return fail(openssl_error(what + " cannot be verified"));
    BIO_push(shown.get(), bytes.release());
    STACK_OF(X509)* signers = sk_X509_new_null();
    sk_X509_push(signers, certificate.native().x509.get());
    const int good = CMS_verify(cms.get(), signers, nullptr, shown.get(), nullptr,
                                CMS_BINARY | CMS_DETACHED | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY);
    sk_X509_free(signers);
    if (good == 1) return {};
    auto error = openssl_error(fmt::format("{} was not made by \"{}\"", what, certificate.subject()));
    if (const auto name = name_of(signer); !name.empty() && name != certificate.subject())
        error.details.push_back(fmt::format("it names \"{}\" as its signer", name));
    return fail(std::move(error));
}

}  // namespace kld::modules
