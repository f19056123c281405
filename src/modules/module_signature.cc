// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_signature.h"

#include <fmt/core.h>
#include <openssl/objects.h>

#include "modules/detached_signature.h"
#include "modules/openssl.h"

namespace kld::modules {
namespace {

constexpr const char* kSubject = "the module's signature";

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(fmt::format("{} is malformed: {}", kSubject, what), "the file is damaged; build or fetch it again");
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

Status verify_signature(std::string_view module, const Certificate& certificate) {
    KLD_TRY(const auto parts, split_signature(module));
    if (!parts) return fail("the module is not signed");
    return verify_detached(parts->content, parts->message, certificate, kSubject);
}

Result<std::string> sign_module(std::string_view module, const SigningKey& key) {
    if (module.ends_with(kSignatureMagic)) return fail("the module is already signed", "take the signature off first");
    KLD_TRY(const auto der, sign_detached(module, key, Carry::nothing));
    std::string trailer(kSignatureTrailerBytes, '\0');
    trailer[2] = kSignaturePkcs7;
    for (std::size_t i = 0; i < 4; ++i) trailer[8 + i] = static_cast<char>(der.size() >> (24 - 8 * i));
    return fmt::format("{}{}{}{}", module, der, trailer, kSignatureMagic);
}

}  // namespace kld::modules
