// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "packing/programs.h"
#include "packing/repository.h"
#include "packing/repository_key.h"
#include "packing/stage.h"
#include "support/fakes.h"
#include "support/sample_package.h"

namespace kld::packing {
namespace {

TEST(Programs, AMissingOneNamesItsPackage) {
    test::FakeFiles files;
    files.entries["/usr/bin/gpg"] = {"program"};
    const std::vector<Program> wanted{{"rpmbuild", "rpm"}, {"rpmsign", "rpm"}, {"gpg", "gnupg"}, {"bsdtar", "tools"}};
    const auto status = need_programs(files, wanted, "a repository for dnf");
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(render(status.error()),
              "error: a repository for dnf needs rpmbuild and rpmsign and bsdtar, which is not here\n"
              "  hint: apt-get install rpm tools\n");
    EXPECT_TRUE(need_programs(files, {{"gpg", "gnupg"}}, "x"));
}

TEST(Stage, DirectoriesComeInOrder) {
    EXPECT_EQ(directories_of({{"usr/lib/a/b"}, {"usr/lib/c"}, {"top"}}),
              (std::vector<std::string>{"usr", "usr/lib", "usr/lib/a"}));
}

class Packing : public testing::Test {
protected:
    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    RealFiles files{};
    ProcessRunner runner{};
    std::string at(const std::string& name) const { return directory.path() + "/" + name; }
};

TEST_F(Packing, StagedFilesHaveTheirModesAndTimes) {
    const auto sample = test::sample_package();
    ASSERT_TRUE(stage(runner, files, at("root"), sample.files));
    ASSERT_TRUE(set_times(runner, at("root"), 1700000000));
    const auto found = runner.run({.argv = {"find", at("root"), "-printf", "%P %m %T@ %l\\n"}});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    const auto has = [&](const std::string& line) { return found->out.find(line + "\n") != std::string::npos; };
    EXPECT_TRUE(has("usr/lib/kldload 755 1700000000.0000000000 ")) << found->out;
    EXPECT_TRUE(has("usr/bin/sample 755 1700000000.0000000000 ")) << found->out;
    EXPECT_TRUE(has("usr/bin/other-sample 777 1700000000.0000000000 sample")) << found->out;
    EXPECT_TRUE(has("etc/kldload-sample/settings 644 1700000000.0000000000 ")) << found->out;
}

TEST_F(Packing, APublishedFileIsNeverChanged) {
    ASSERT_TRUE(files.make_directories(at("repository")));
    ASSERT_TRUE(files.write(at("package"), "1"));
    EXPECT_TRUE(add_file(runner, files, at("package"), at("repository")));
    EXPECT_TRUE(add_file(runner, files, at("package"), at("repository"))) << "the same once more is nothing new";
    ASSERT_TRUE(files.write(at("package"), "2"));
    const auto other = add_file(runner, files, at("package"), at("repository"));
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ExitCode::refused);
    EXPECT_EQ(*files.read(at("repository/package")), "1");
}

TEST_F(Packing, EachKindHasAKeyOfItsOwnThatStays) {
    const auto ed25519 = repository_key(runner, files, at("keys"), KeyKind::ed25519);
    const auto rsa = repository_key(runner, files, at("keys"), KeyKind::rsa);
    ASSERT_TRUE(ed25519.has_value()) << render(ed25519.error());
    ASSERT_TRUE(rsa.has_value()) << render(rsa.error());
    EXPECT_NE(*ed25519, *rsa);
    EXPECT_EQ(*repository_key(runner, files, at("keys"), KeyKind::rsa), *rsa);
    const auto listed = [&](const std::string& home) {
        return runner.run(gpg(at("keys/") + home, {"--list-secret-keys", "--with-colons"}))->out;
    };
    // The fourth field is OpenPGP's number of the algorithm: 1 is RSA.
    EXPECT_NE(listed("repository").find(":ed25519:"), std::string::npos) << listed("repository");
    EXPECT_NE(listed("repository-rpm").find("sec:u:3072:1:"), std::string::npos) << listed("repository-rpm");
    for (const auto* home : {"keys/repository", "keys/repository-rpm"}) {
        const auto mode = runner.run({.argv = {"stat", "--format=%a", at(home)}});
        EXPECT_EQ(mode->out, "700\n") << home;
        ASSERT_TRUE(runner.run({.argv = {"gpgconf", "--homedir", at(home), "--kill", "all"}}));
    }
}

}  // namespace
}  // namespace kld::packing
