// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_signature.h"

#include <fmt/core.h>
#include <openssl/objects.h>

#include "base/byte_reader.h"
#include "modules/openssl.h"

namespace kld::modules {
namespace {

constexpr std::string_view kMagic = "~Module signature appended~\n";
constexpr std::size_t kTrailerBytes = 12;
constexpr char kPkcs7 = 2;  // PKEY_ID_PKCS7 of include/linux/module_signature.h
constexpr unsigned kFlags = CMS_BINARY | CMS_DETACHED | CMS_NOCERTS | CMS_NOATTR | CMS_NOSMIMECAP;

struct SignedBytes {
    std::string_view content;
    std::string_view message;  ///< PKCS#7, DER
};

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(fmt::format("the module's signature is malformed: {}", what),
                "the file is damaged; build or fetch it again");
}

/// The kernel's own rules (mod_check_sig): every field but type and length is zero.
Result<std::optional<SignedBytes>> split_signature(std::string_view module) {
    if (!module.ends_with(kMagic)) return std::optional<SignedBytes>{};
    module.remove_suffix(kMagic.size());
    if (module.size() < kTrailerBytes) return malformed("its trailer is cut short");
    const auto trailer = module.substr(module.size() - kTrailerBytes);
    module.remove_suffix(kTrailerBytes);
    if (trailer[2] != kPkcs7) return malformed("it is no PKCS#7 message");
    for (const std::size_t zero : {0, 1, 3, 4, 5, 6, 7})
        if (trailer[zero] != 0) return malformed("a field that must be zero is not");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i < kTrailerBytes; ++i) length = (length << 8U) | static_cast<unsigned char>(trailer[i]);
    if (length == 0 || length > module.size()) return malformed(fmt::format("it claims {} bytes", length));
    const auto content = module.substr(0, module.size() - static_cast<std::size_t>(length));
    return SignedBytes{content, module.substr(content.size())};
}

Result<Cms> parse_message(std::string_view message) {
    const auto bio = memory_bio(message);
    Cms cms(bio ? d2i_CMS_bio(bio.get(), nullptr) : nullptr);
    if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) {
        openssl_error({});
        return malformed("it is no PKCS#7 signed message");
    }
    return cms;
}

}  // namespace

Result<std::optional<ModuleSignature>> read_signature(std::string_view module) {
    KLD_TRY(const auto parts, split_signature(module));
    if (!parts) return std::optional<ModuleSignature>{};
    KLD_TRY(const auto cms, parse_message(parts->message));
    STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms.get());
    if (signers == nullptr || sk_CMS_SignerInfo_num(signers) != 1)
        return malformed("it does not have exactly one signer");
    CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);

    ModuleSignature facts;
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
    const ASN1_OBJECT* algorithm = nullptr;
    if (digest != nullptr) X509_ALGOR_get0(&algorithm, nullptr, nullptr, digest);
    const int nid = algorithm != nullptr ? OBJ_obj2nid(algorithm) : NID_undef;
    facts.hash = nid == NID_undef ? "unknown" : OBJ_nid2ln(nid);

    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (CMS_SignerInfo_get0_signer_id(signer, nullptr, &issuer, &serial) == 1 && issuer != nullptr &&
        serial != nullptr) {
        facts.issuer = common_name(issuer);
        const Bio bio(BIO_new(BIO_s_mem()));
        i2a_ASN1_INTEGER(bio.get(), serial);
        facts.serial = bio_text(bio.get());
    }
    return facts;
}

Result<std::string> strip_signature(std::string_view module) {
    while (true) {
        KLD_TRY(const auto parts, split_signature(module));
        if (!parts) return std::string(module);
        module = parts->content;
    }
}

Status verify_signature(std::string_view module, const Certificate& certificate) {
    KLD_TRY(const auto parts, split_signature(module));
    if (!parts) return fail("the module is not signed");
    KLD_TRY(const auto cms, parse_message(parts->message));
    auto bytes = memory_bio(parts->content);
    // CMS_verify makes a copy of a memory BIO, which it forgets when the message is damaged: it is shown another kind.
    const Bio content(BIO_new(BIO_f_null()));
    if (!bytes || !content) return fail(openssl_error("the module's signature cannot be verified"));
    BIO_push(content.get(), bytes.release());
    STACK_OF(X509)* signers = sk_X509_new_null();
    sk_X509_push(signers, certificate.native().x509.get());
    const int good = CMS_verify(cms.get(), signers, nullptr, content.get(), nullptr,
                                CMS_BINARY | CMS_DETACHED | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY);
    sk_X509_free(signers);
    if (good != 1)
        return fail(openssl_error(fmt::format("the module's signature was not made by \"{}\"", certificate.subject())));
    return {};
}

Result<std::string> sign_module(std::string_view module, const SigningKey& key) {
    if (module.ends_with(kMagic)) return fail("the module is already signed", "take the signature off first");
    X509* certificate = key.certificate().native().x509.get();
    const auto content = memory_bio(module);
    const Cms cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, kFlags | CMS_PARTIAL | CMS_STREAM));
    const Bio message(BIO_new(BIO_s_mem()));
    if (!content || !cms || !message ||
        CMS_add1_signer(cms.get(), certificate, key.native().key.get(), EVP_sha256(), kFlags) == nullptr ||
        CMS_final(cms.get(), content.get(), nullptr, CMS_NOCERTS | CMS_BINARY) != 1 ||
        i2d_CMS_bio(message.get(), cms.get()) != 1)
        return fail(openssl_error("the module cannot be signed"));

    const auto der = bio_text(message.get());
    std::string trailer(kTrailerBytes, '\0');
    trailer[2] = kPkcs7;
    for (std::size_t i = 0; i < 4; ++i) trailer[8 + i] = static_cast<char>(der.size() >> (24 - 8 * i));
    return fmt::format("{}{}{}{}", module, der, trailer, kMagic);
}

}  // namespace kld::modules
