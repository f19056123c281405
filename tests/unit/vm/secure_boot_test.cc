// SPDX-License-Identifier: BSD-3-Clause
#include "vm/secure_boot.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/fakes.h"

namespace kld::vm {
namespace {

using kld::test::FakeFiles;

/// Plays virt-fw-vars: checks what lies in the tree, makes the output there.
class FakeTool final : public Runner {
public:
    FakeTool(FakeFiles& files, std::string tree) : files_(files), tree_(std::move(tree)) {}
    Result<Output> run(const Command& command) override {
        argv = command.argv;
        if (broken) return fail("virt-fw-vars failed");
        seen_template = files_.entries.at(tree_ + argv.at(2)).bytes;
        seen_certificate = files_.entries.at(tree_ + argv.at(8)).bytes;
        files_.entries[tree_ + argv.at(4)] = {"with mok", 0600};
        return Output{};
    }
    std::vector<std::string> argv{};
    std::string seen_template{};
    std::string seen_certificate{};
    bool broken = false;

private:
    FakeFiles& files_;
    std::string tree_;
};

struct EnrolMok : testing::Test {
    EnrolMok() {
        files.entries["/fw/VARS.ms.fd"] = {"microsoft"};
        files.entries["/keys/mok.pem"] = {"-----BEGIN CERTIFICATE-----\n"};
    }
    FakeFiles files;
    FakeTool tool{files, "/trees/t13"};
    MokEnrolment wish{.vars_template = "/fw/VARS.ms.fd", .certificate = "/keys/mok.pem", .output = "/out/vars.fd"};
};

TEST_F(EnrolMok, CopiesInRunsAndCopiesOut) {
    const auto done = enrol_mok(tool, files, "/trees/t13", wish);
    ASSERT_TRUE(done) << render(done.error());
    EXPECT_EQ(tool.seen_template, "microsoft");
    EXPECT_EQ(tool.seen_certificate, "-----BEGIN CERTIFICATE-----\n");
    EXPECT_EQ(files.entries.at("/out/vars.fd").bytes, "with mok");
    const auto inside = "/tmp/kldload-mok-" + std::to_string(::getpid());
    EXPECT_EQ(tool.argv, (std::vector<std::string>{"virt-fw-vars", "--input", inside + "/template.fd", "--output",
                                                   inside + "/vars.fd", "--secure-boot", "--add-mok", wish.owner,
                                                   inside + "/mok.pem"}));
    for (const auto& [path, entry] : files.entries)
        EXPECT_FALSE(path.starts_with("/trees/")) << path << " was left behind";
}

TEST_F(EnrolMok, ShimCanBeMadeToTalk) {
    wish.shim_verbose = true;
    ASSERT_TRUE(enrol_mok(tool, files, "/trees/t13", wish));
    EXPECT_EQ(tool.argv.back(), "--set-shim-verbose");
}

TEST_F(EnrolMok, WithoutTheToolItSaysWhereToGetItAndLeavesNothing) {
    tool.broken = true;
    const auto done = enrol_mok(tool, files, "/trees/t13", wish);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("/keys/mok.pem"), std::string::npos);
    EXPECT_NE(done.error().hint.find("python3-virt-firmware"), std::string::npos);
    EXPECT_FALSE(files.exists("/out/vars.fd"));
    EXPECT_EQ(files.entries.size(), 2U);
}

TEST_F(EnrolMok, OnlyPemCertificatesAreTaken) {
    files.entries["/keys/mok.pem"] = {"\x30\x82\x03"};
    const auto done = enrol_mok(tool, files, "/trees/t13", wish);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "/keys/mok.pem is no certificate in PEM form");
    EXPECT_TRUE(tool.argv.empty());
}

TEST_F(EnrolMok, MissingTemplateIsNamed) {
    wish.vars_template = "/fw/none.fd";
    const auto done = enrol_mok(tool, files, "/trees/t13", wish);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("/fw/none.fd"), std::string::npos);
}

}  // namespace
}  // namespace kld::vm
