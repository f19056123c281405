// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_signature.h"

#include <gtest/gtest.h>

#include "modules/kernel_module.h"
#include "samples/modules.h"

namespace kld::modules {
namespace {

using namespace test;

constexpr auto kMagic = kSignatureMagic;

std::string signed_module() {
    auto bytes = sign_module(make_module(), sample_key());
    return bytes ? *std::move(bytes) : render(bytes.error());
}

TEST(ModuleSignature, NamesTheSigner) {
    const auto bytes = signed_module();
    EXPECT_TRUE(inspect_module(bytes)->is_signed);
    const auto signature = read_signature(bytes);
    ASSERT_TRUE(signature) << render(signature.error());
    ASSERT_TRUE(*signature);
    EXPECT_EQ((*signature)->issuer, sample_key().certificate().subject());
    EXPECT_EQ((*signature)->hash, "sha256");
    EXPECT_EQ((*signature)->serial.size(), 32U);
}

TEST(ModuleSignature, HasTheTrailerOfSignFile) {
    const auto bytes = signed_module();
    ASSERT_TRUE(bytes.ends_with(kMagic));
    const auto trailer = bytes.substr(bytes.size() - kMagic.size() - 12, 12);
    EXPECT_EQ(trailer.substr(0, 8), std::string("\0\0\2\0\0\0\0\0", 8));
    const auto length = static_cast<unsigned char>(trailer[10]) * 256U + static_cast<unsigned char>(trailer[11]);
    EXPECT_EQ(bytes.size(), make_module().size() + length + 12 + kMagic.size());
    EXPECT_EQ(bytes[make_module().size()], '\x30');  // a DER sequence
}

TEST(ModuleSignature, VerifiesWithItsCertificateOnly) {
    const auto bytes = signed_module();
    EXPECT_TRUE(verify_signature(bytes, sample_key().certificate()));
    const auto other = verify_signature(bytes, other_key().certificate());
    ASSERT_FALSE(other);
    EXPECT_TRUE(other.error().message.starts_with("the module's signature was not made by \"kldload builder "));
}

TEST(ModuleSignature, SeesAChangedByte) {
    auto bytes = signed_module();
    bytes[100] = static_cast<char>(bytes[100] + 1);
    EXPECT_FALSE(verify_signature(bytes, sample_key().certificate()));
}

TEST(ModuleSignature, SaysThatAModuleIsUnsigned) {
    EXPECT_EQ(message_of(verify_signature(make_module(), sample_key().certificate())), "the module is not signed");
}

TEST(ModuleSignature, ComesOffCompletely) {
    EXPECT_EQ(*strip_signature(signed_module()), make_module());
    EXPECT_EQ(*strip_signature(make_module()), make_module());
}

TEST(ModuleSignature, IsNotPutOnTwice) {
    EXPECT_EQ(message_of(sign_module(signed_module(), sample_key())), "the module is already signed");
}

TEST(ModuleSignature, RefusesAMalformedTrailer) {
    const auto bytes = signed_module();
    const auto trailer = bytes.size() - kMagic.size() - 12;
    for (const std::size_t at : {0, 1, 2, 3, 4, 5, 8}) {
        auto changed = bytes;
        changed[trailer + at] = '\x7f';
        EXPECT_FALSE(read_signature(changed)) << at;
        EXPECT_FALSE(strip_signature(changed)) << at;
        EXPECT_FALSE(verify_signature(changed, sample_key().certificate())) << at;
    }
    EXPECT_FALSE(read_signature(kMagic));
}

TEST(ModuleSignature, SurvivesTruncationAndMutation) {
    const auto tail = signed_module().substr(make_module().size());
    torment(tail, 3000, [&](const std::string& changed) {
        const auto bytes = make_module() + changed;
        (void)read_signature(bytes);
        (void)strip_signature(bytes);
        (void)verify_signature(bytes, sample_key().certificate());
    });
}

TEST(ModuleSignature, NeverVerifiesAChangedModule) {
    const auto tail = signed_module().substr(make_module().size());
    torment(make_module(), 500, [&](const std::string& changed) {
        const bool same = changed == make_module();
        EXPECT_EQ(verify_signature(changed + tail, sample_key().certificate()).has_value(), same);
    });
}

}  // namespace
}  // namespace kld::modules
