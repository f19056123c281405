// SPDX-License-Identifier: BSD-3-Clause
#include "modules/detached_signature.h"

#include <gtest/gtest.h>

#include "base/runner.h"
#include "modules/openssl.h"
#include "samples/modules.h"

namespace kld::modules {
namespace {

using namespace test;

const std::string kContent = "a list\nof files\n";

std::string signature(Carry carry = Carry::certificate) {
    return sign_detached(kContent, sample_key(), carry).value();
}
Status verify(const std::string& content, const std::string& message) {
    return verify_detached(content, message, sample_key().certificate(), "the signature");
}

TEST(DetachedSignature, VerifiesAndIsTheSameEachTime) {
    for (const auto carry : {Carry::certificate, Carry::nothing}) {
        EXPECT_EQ(message_of(verify(kContent, signature(carry))), "no error");
        EXPECT_EQ(signature(carry), signature(carry));
    }
    EXPECT_LT(signature(Carry::nothing).size(), signature().size());
}

TEST(DetachedSignature, RefusesChangedContent) {
    EXPECT_TRUE(message_of(verify(kContent + "x", signature())).starts_with("the signature was not made by \""));
    EXPECT_FALSE(verify("", signature()));
}

TEST(DetachedSignature, NamesAnotherSignerAndDoesNotTakeTheCertificateItBrings) {
    const auto other = verify(kContent, sign_detached(kContent, other_key(), Carry::certificate).value());
    ASSERT_FALSE(other);
    ASSERT_EQ(other.error().details.size(), 1U);
    EXPECT_EQ(other.error().details[0], "it names \"" + other_key().certificate().subject() + "\" as its signer");
}

TEST(DetachedSignature, RefusesWhatIsCutOrLonger) {
    const auto whole = signature();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(verify(kContent, whole.substr(0, size))) << size;
    EXPECT_EQ(message_of(verify(kContent, whole + "x")), "the signature is malformed: it is no PKCS#7 signed message");
}

TEST(DetachedSignature, RefusesAMessageThatNobodySigned) {
    const auto bytes = memory_bio(kContent);
    const Cms cms(CMS_sign(nullptr, nullptr, nullptr, bytes.get(), CMS_BINARY | CMS_DETACHED | CMS_PARTIAL));
    const Bio message(BIO_new(BIO_s_mem()));
    ASSERT_EQ(i2d_CMS_bio(message.get(), cms.get()), 1);
    EXPECT_EQ(message_of(verify(kContent, bio_text(message.get()))), "the signature does not have exactly one signer");
}

TEST(DetachedSignature, SurvivesMutation) {
    torment(signature(), 2000, [](const std::string& changed) { (void)verify(kContent, changed); });
}

}  // namespace
}  // namespace kld::modules
