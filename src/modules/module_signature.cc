// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_signature.h"

#include <fmt/core.h>
#include <openssl/objects.h>

#include "base/byte_reader.h"
#include "modules/detached_signature.h"
#include "modules/openssl.h"

namespace kld::modules {
namespace {

constexpr std::string_view kMagic = "~Module signature appended~\n";
constexpr std::size_t kTrailerBytes = 12;
constexpr char kPkcs7 = 2;  // PKEY_ID_PKCS7 of include/linux/module_signature.h
constexpr const char* kSubject = "the module's signature";

struct SignedBytes {
    std::string_view content;
    std::string_view message;  ///< PKCS#7, DER
};

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(fmt::format("{} is malformed: {}", kSubject, what), "the file is damaged; build or fetch it again");
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

}  // namespace

Result<std::optional<ModuleSignature>> read_signature(std::string_view module) {
    KLD_TRY(const auto parts, split_signature(module));
    if (!parts) return std::optional<ModuleSignature>{};
    KLD_TRY(const auto cms, parse_signed_message(parts->message, kSubject));
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
    return verify_detached(parts->content, parts->message, certificate, kSubject);
}

Result<std::string> sign_module(std::string_view module, const SigningKey& key) {
    if (module.ends_with(kMagic)) return fail("the module is already signed", "take the signature off first");
    KLD_TRY(const auto der, sign_detached(module, key, Carry::nothing));
    std::string trailer(kTrailerBytes, '\0');
    trailer[2] = kPkcs7;
    for (std::size_t i = 0; i < 4; ++i) trailer[8 + i] = static_cast<char>(der.size() >> (24 - 8 * i));
    return fmt::format("{}{}{}{}", module, der, trailer, kMagic);
}

}  // namespace kld::modules
