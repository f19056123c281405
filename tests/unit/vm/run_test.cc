// SPDX-License-Identifier: BSD-3-Clause
#include "vm/run.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "support/fakes.h"
#include "vm/socket.h"

namespace kld::vm {
namespace {

using kld::test::CaptureEvents;
using kld::test::FakeFiles;
using kld::test::ReplayRunner;

struct PlanMachine : testing::Test {
    PlanMachine() {
        image = directory.path() + "/debian.qcow2";
        EXPECT_TRUE(RealFiles().write(image, "QFI\xfb"));
        files.entries[image] = {};
        for (const auto* name : {"OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"})
            files.entries[std::string(kOvmfDirectory) + "/" + name] = {"firmware"};
        wish.image = image;
        wish.accelerator = Accelerator::tcg;
    }
    Result<MachineConfig> plan() { return plan_machine(wish, "/run/x", runner, files, events); }

    TemporaryDirectory directory = TemporaryDirectory::make("/tmp").value();
    std::string image;
    FakeFiles files;
    ReplayRunner runner;
    CaptureEvents events;
    RunWish wish;
};

TEST_F(PlanMachine, ThrowsAwayWhatIsWrittenUnlessToldToKeepIt) {
    const auto thrown = plan();
    ASSERT_TRUE(thrown) << render(thrown.error());
    EXPECT_TRUE(thrown->drives.at(0).throwaway);
    EXPECT_EQ(thrown->drives.at(0).format, "qcow2");
    EXPECT_EQ(thrown->name, "debian");
    wish.keep = true;
    const auto kept = plan();
    ASSERT_TRUE(kept);
    EXPECT_FALSE(kept->drives.at(0).throwaway);
    EXPECT_EQ(kept->drives.at(0).cache, Cache::writeback);
}

TEST_F(PlanMachine, ForwardsOneFreeLoopbackPortToSsh) {
    const auto config = plan();
    ASSERT_TRUE(config);
    ASSERT_EQ(config->network->forwards.size(), 1U);
    EXPECT_EQ(config->network->forwards[0].guest, 22);
    EXPECT_GT(config->network->forwards[0].host, 0);
}

TEST_F(PlanMachine, ATakenPortIsRefused) {
    const Fd taken(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    wish.ssh_port = ntohs(address.sin_port);
    const auto config = plan();
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().message, "port " + std::to_string(wish.ssh_port) + " of 127.0.0.1 is in use");
    EXPECT_EQ(config.error().code, ExitCode::refused);
}

TEST_F(PlanMachine, SecureBootWithAKeyHasVariablesOfItsOwn) {
    wish.secure_boot = true;
    ASSERT_TRUE(plan());
    EXPECT_FALSE(plan()->firmware->private_vars);
    wish.mok_certificate = "/keys/mok.pem";
    const auto config = plan();
    ASSERT_TRUE(config);
    EXPECT_EQ(config->firmware->vars, "/run/x/vars.fd");
    EXPECT_TRUE(config->firmware->private_vars);
    EXPECT_TRUE(config->firmware->secure_boot);
}

TEST_F(PlanMachine, AKeyWithoutSecureBootIsAMistake) {
    wish.mok_certificate = "/keys/mok.pem";
    EXPECT_EQ(plan().error().code, ExitCode::usage);
}

TEST_F(PlanMachine, AMissingImageIsNamed) {
    wish.image = "/images/none.qcow2";
    const auto config = plan();
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().message, "there is no disk image at /images/none.qcow2");
}

TEST_F(PlanMachine, AToolsTreeMustBeATree) {
    wish.secure_boot = true;
    wish.mok_certificate = "/keys/mok.pem";
    wish.tools_tree = "/trees/none";
    const auto config = plan();
    ASSERT_TRUE(config);
    const auto ready = make_ready(wish, *config, runner, files);
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().message, "/trees/none is no root tree: it has no /usr");
}

TEST_F(PlanMachine, WithoutAKeyNothingIsMade) {
    const auto config = plan();
    ASSERT_TRUE(config);
    EXPECT_TRUE(make_ready(wish, *config, runner, files));
    EXPECT_TRUE(runner.ran.empty());
}

}  // namespace
}  // namespace kld::vm
