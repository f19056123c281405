// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/seal.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/runner.h"
#include "base/text.h"
#include "modules/detached_signature.h"
#include "samples/modules.h"
#include "support/fakes.h"

namespace kld::provenance {
namespace {

using modules::test::other_key;
using modules::test::sample_key;

class Seal : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(files_.write(image_, std::string(5 << 20, 'i')));
        ASSERT_TRUE(files_.write(beside_.manifest, "{}\n"));
        ASSERT_TRUE(files_.write(beside_.spdx, "{\"spdxVersion\":\"SPDX-2.3\"}\n"));
        ASSERT_TRUE(seal(files_, events_, image_, sample_key()));
    }
    Result<std::vector<ListedFile>> check() { return verify(files_, events_, image_, sample_key().certificate()); }
    void change(const std::string& path, const std::function<void(std::string&)>& how) {
        auto bytes = files_.read(path).value();
        how(bytes);
        ASSERT_TRUE(files_.write(path, bytes));
    }
    /// Refused, and the rendered error says `what`.
    void expect_refused(const std::string& what) {
        const auto result = check();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ExitCode::refused);
        EXPECT_NE(render(result.error()).find(what), std::string::npos) << render(result.error());
    }
    /// The command of docs/provenance.md.
    Result<Output> openssl(const modules::SigningKey& key) {
        const auto certificate = directory_.path() + "/builder.pem";
        KLD_CHECK(files_.write(certificate, key.certificate().pem()));
        return runner_.run(
            {.argv = {"openssl", "cms", "-verify", "-binary", "-purpose", "any", "-CAfile", certificate, "-inform",
                      "DER", "-in", beside_.signature, "-content", beside_.list, "-out", "/dev/null"}});
    }

    RealFiles files_{};
    ProcessRunner runner_{};
    NoEvents events_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    std::string image_ = directory_.path() + "/web1.raw";
    Beside beside_ = beside(image_);
};

TEST_F(Seal, HoldsForWhatWasSigned) {
    const auto listed = check();
    ASSERT_TRUE(listed) << render(listed.error());
    ASSERT_EQ(listed->size(), 3U);
    EXPECT_EQ(listed->at(0).name, "web1.raw");
    EXPECT_EQ(listed->at(0).bytes, 5U << 20);
    EXPECT_EQ(listed->at(1).name, "web1.raw.manifest.json");
    EXPECT_EQ(listed->at(2).name, "web1.raw.spdx.json");
}

TEST_F(Seal, OfTheSameFilesIsTheSame) {
    const auto list = files_.read(beside_.list).value(), signature = files_.read(beside_.signature).value();
    ASSERT_TRUE(seal(files_, events_, image_, sample_key()));
    EXPECT_EQ(files_.read(beside_.list).value(), list);
    EXPECT_EQ(files_.read(beside_.signature).value(), signature);
}

TEST_F(Seal, CanBeCheckedWithOpenssl) {
    const auto good = openssl(sample_key());
    EXPECT_TRUE(good.has_value()) << render(good.error());
    EXPECT_FALSE(openssl(other_key()).has_value());
    change(beside_.list, [](auto& bytes) { bytes.back() = ' '; });
    EXPECT_FALSE(openssl(sample_key()).has_value());
}

TEST_F(Seal, RefusesAnAlteredImage) {
    change(image_, [](auto& bytes) { bytes[4 << 20] = 'j'; });
    expect_refused("web1.raw has the sha256 ");
}

TEST_F(Seal, RefusesAnImageThatIsCutOrLonger) {
    change(image_, [](auto& bytes) { bytes.pop_back(); });
    expect_refused("web1.raw has 5242879 bytes, not 5242880");
    change(image_, [](auto& bytes) { bytes += "ii"; });
    expect_refused("web1.raw has 5242881 bytes, not 5242880");
}

TEST_F(Seal, NamesAllThatIsWrong) {
    change(beside_.manifest, [](auto& bytes) { bytes = "[]\n"; });
    ASSERT_TRUE(files_.remove(beside_.spdx));
    expect_refused("web1.raw.manifest.json has the sha256 ");
    expect_refused("web1.raw.spdx.json is missing");
    ASSERT_TRUE(files_.remove(image_));
    expect_refused("web1.raw is missing");
}

TEST_F(Seal, IsNotHeldUpByAPipe) {
    ASSERT_TRUE(files_.remove(beside_.spdx));
    ASSERT_EQ(::mkfifo(beside_.spdx.c_str(), 0600), 0);
    EXPECT_FALSE(check());
}

TEST_F(Seal, RefusesWithoutListOrSignature) {
    ASSERT_TRUE(files_.remove(beside_.signature));
    expect_refused("there is no web1.raw.sha256.p7s beside ");
    ASSERT_TRUE(files_.remove(beside_.list));
    expect_refused("there is no web1.raw.sha256 beside ");
}

TEST_F(Seal, RefusesAnAlteredList) {
    change(beside_.list, [](auto& bytes) { bytes = replace_all(bytes, "5242880", "5242881"); });
    expect_refused("was not made by \"kldload builder ");
}

TEST_F(Seal, RefusesAnotherSignerAndNamesIt) {
    ASSERT_TRUE(seal(files_, events_, image_, other_key()));
    expect_refused("it names \"" + other_key().certificate().subject() + "\" as its signer");
    expect_refused("give the certificate of the builder");
}

TEST_F(Seal, RefusesACutSignature) {
    change(beside_.signature, [](auto& bytes) { bytes.resize(bytes.size() / 2); });
    expect_refused("is malformed");
    change(beside_.signature, [](auto& bytes) { bytes.clear(); });
    expect_refused("is malformed");
}

TEST_F(Seal, OfAnotherImageDoesNotCount) {
    const auto other = directory_.path() + "/web2.raw";
    ASSERT_TRUE(files_.rename(image_, other));
    const auto theirs = beside(other).all(), ours = beside_.all();
    for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_TRUE(files_.rename(ours[i], theirs[i]));
    image_ = other;
    expect_refused("it names web1.raw");
}

TEST_F(Seal, ASignedTextThatIsNoListIsRefused) {
    const std::string text = "0000  web1.raw\n";
    ASSERT_TRUE(files_.write(beside_.list, text));
    const auto signature = modules::sign_detached(text, sample_key(), modules::Carry::certificate).value();
    ASSERT_TRUE(files_.write(beside_.signature, signature));
    expect_refused("is no list of an image");
}

TEST_F(Seal, AFileThatCannotBeReadIsNoSeal) {
    ASSERT_TRUE(files_.remove(beside_.spdx));
    ASSERT_TRUE(files_.remove(beside_.list));
    EXPECT_FALSE(seal(files_, events_, image_, sample_key()));
    EXPECT_FALSE(files_.exists(beside_.list));
}

}  // namespace
}  // namespace kld::provenance
