// SPDX-License-Identifier: BSD-3-Clause
#include "modules/signing_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "samples/modules.h"

namespace kld::modules {
namespace {

using Clock = SigningKey::Clock;

class SigningKeyTest : public testing::Test {
protected:
    TemporaryDirectory temporary_ = *TemporaryDirectory::make("/tmp");
    std::string directory_ = temporary_.path() + "/keys";
    std::string key_ = directory_ + "/builder.key";
    std::string certificate_ = directory_ + "/builder.pem";
    RealFiles files_;

    static unsigned mode(const std::string& path) {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
    }
    void put(const KeyPair& pair) {
        ASSERT_EQ(::mkdir(directory_.c_str(), 0700), 0);
        ASSERT_TRUE(files_.write(key_, pair.key, 0600));
        ASSERT_TRUE(files_.write(certificate_, pair.certificate));
    }
    void expect_refused(const CertificateWish& wish, const std::string& what) {
        put(*make_key_pair(Clock::now(), wish));
        const auto key = SigningKey::load_or_make(directory_);
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().code, ExitCode::refused);
        EXPECT_NE(key.error().message.find(what), std::string::npos) << key.error().message;
        EXPECT_FALSE(key.error().hint.empty());
    }
};

TEST_F(SigningKeyTest, IsMadeOnceAndKeptToItsOwner) {
    const auto first = SigningKey::load_or_make(directory_);
    ASSERT_TRUE(first) << render(first.error());
    EXPECT_EQ(mode(directory_), 0700U);
    EXPECT_EQ(mode(key_), 0600U);
    EXPECT_EQ(*files_.read(directory_ + "/builder.der"), first->certificate().der());
    EXPECT_EQ(*files_.read(certificate_), first->certificate().pem());
    EXPECT_TRUE(first->certificate().subject().starts_with("kldload builder "));
    const auto second = SigningKey::load_or_make(directory_);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->certificate().fingerprint(), second->certificate().fingerprint());
}

TEST_F(SigningKeyTest, IsAnotherOneEachTime) {
    EXPECT_NE(test::sample_key().certificate().fingerprint(), test::other_key().certificate().fingerprint());
    EXPECT_NE(test::sample_key().certificate().subject(), test::other_key().certificate().subject());
}

TEST_F(SigningKeyTest, SaysWhenItBeginsToBeValid) {
    const auto now = Clock::from_time_t(1767225600);
    const auto pair = make_key_pair(now);
    ASSERT_TRUE(pair);
    const auto certificate = Certificate::from_pem(pair->certificate);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->valid_from(), 1767225600 - 24 * 3600);
}

TEST_F(SigningKeyTest, WritesTheEnrolmentFileAgain) {
    ASSERT_TRUE(SigningKey::load_or_make(directory_));
    ASSERT_TRUE(files_.remove(directory_ + "/builder.der"));
    ASSERT_TRUE(SigningKey::load_or_make(directory_));
    EXPECT_TRUE(files_.exists(directory_ + "/builder.der"));
}

TEST_F(SigningKeyTest, RefusesAKeyThatOthersCanRead) {
    ASSERT_TRUE(SigningKey::load_or_make(directory_));
    ASSERT_EQ(::chmod(key_.c_str(), 0640), 0);
    const auto key = SigningKey::load_or_make(directory_);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ExitCode::refused);
    EXPECT_EQ(key.error().message, key_ + " can be reached by other users (mode 0640)");
    EXPECT_TRUE(key.error().hint.starts_with("chmod 600 " + key_));
}

TEST_F(SigningKeyTest, RefusesAnOpenDirectory) {
    ASSERT_TRUE(SigningKey::load_or_make(directory_));
    ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
    EXPECT_EQ(test::message_of(SigningKey::load_or_make(directory_)),
              directory_ + " can be reached by other users (mode 0755)");
}

TEST_F(SigningKeyTest, RefusesHalfAPair) {
    ASSERT_TRUE(SigningKey::load_or_make(directory_));
    ASSERT_TRUE(files_.remove(key_));
    const auto key = SigningKey::load_or_make(directory_);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ExitCode::refused);
    EXPECT_EQ(key.error().message, certificate_ + " is there but " + key_ + " is not");
    EXPECT_FALSE(files_.exists(key_));
}

TEST_F(SigningKeyTest, RefusesACertificateOfAnotherKey) {
    put({make_key_pair(Clock::now())->key, make_key_pair(Clock::now())->certificate});
    EXPECT_EQ(test::message_of(SigningKey::load_or_make(directory_)),
              key_ + " and " + certificate_ + " do not belong together");
}

TEST_F(SigningKeyTest, LastsTenYearsAndNotLonger) {
    const auto now = Clock::now();
    ASSERT_TRUE(SigningKey::load_or_make(directory_, now));
    constexpr auto kDay = std::chrono::hours(24);
    EXPECT_TRUE(SigningKey::load_or_make(directory_, now + 3649 * kDay));
    const auto expired = SigningKey::load_or_make(directory_, now + 3651 * kDay);
    ASSERT_FALSE(expired);
    EXPECT_EQ(expired.error().code, ExitCode::refused);
    EXPECT_EQ(expired.error().message, certificate_ + " has expired");
    EXPECT_EQ(test::message_of(SigningKey::load_or_make(directory_, now - 2 * kDay)),
              certificate_ + " is not valid yet");
}

TEST_F(SigningKeyTest, RefusesTheModuleSigningPurposeThatShimRejects) {
    expect_refused({.extended_key_usage = "codeSigning,1.3.6.1.4.1.2312.16.1.2"}, "codeSigning alone");
}

TEST_F(SigningKeyTest, RefusesAnotherPurpose) {
    expect_refused({.extended_key_usage = "serverAuth"}, "codeSigning alone");
}

TEST_F(SigningKeyTest, RefusesACa) {
    expect_refused({.basic_constraints = "critical,CA:TRUE"}, "certificate of a CA");
}

TEST_F(SigningKeyTest, RefusesAKeyUsageWithoutSignatures) {
    expect_refused({.key_usage = "critical,keyEncipherment"}, "does not allow digital signatures");
}

TEST_F(SigningKeyTest, RefusesAShortKey) {
    expect_refused({.key_bits = 1024}, "no RSA key of at least 2048 bits");
}

TEST_F(SigningKeyTest, RefusesAnEncryptedKeyWithoutAskingForThePassphrase) {
    auto pair = *make_key_pair(Clock::now());
    pair.key = test::encrypted(pair.key);
    put(pair);
    EXPECT_EQ(test::message_of(SigningKey::load_or_make(directory_)),
              key_ + " is no private key in PEM form, or has a passphrase");
}

TEST_F(SigningKeyTest, TakesAPairFromAnywhere) {
    put(*make_key_pair(Clock::now()));
    const auto key = SigningKey::load(key_, certificate_);
    ASSERT_TRUE(key) << render(key.error());
    EXPECT_EQ(key->key_path(), key_);
    EXPECT_FALSE(files_.exists(directory_ + "/builder.der"));
}

TEST_F(SigningKeyTest, NamesTheMissingFile) {
    EXPECT_NE(test::message_of(SigningKey::load("/nowhere/k", "/nowhere/c")).find("/nowhere/k"), std::string::npos);
}

}  // namespace
}  // namespace kld::modules
