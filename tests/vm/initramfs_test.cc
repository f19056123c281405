// SPDX-License-Identifier: BSD-3-Clause
// The serial shell on a real kernel: the rescue shell of the initramfs of an image, started without firmware or menu.
// kldload-pool takes both out of the finished image.
#include <gtest/gtest.h>

#include "vm/support/guest.h"
#include "vm/support/image_content.h"
#include "vm/support/images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

class InitramfsShell : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto image = image_path("debian-13-core");
        KLD_ASSERT_OK(image);
        auto directory = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(directory);
        directory_.emplace(std::move(*directory));
        const auto kernel = kernel_of(*image, directory_->path(), "console=ttyS0 break=top");
        KLD_ASSERT_OK(kernel);
        auto made = Guest::make({.memory_mib = 1024, .direct = *kernel});
        KLD_ASSERT_OK(made);
        guest_ = std::move(*made);
        KLD_ASSERT_OK(guest_->power_on());
        KLD_ASSERT_OK(guest_->console().expect(vm::regex("\\(initramfs\\) ?$"), 300s));
        auto adopted = vm::SerialShell::adopt(guest_->console(), 60s);
        KLD_ASSERT_OK(adopted);
        shell_ = *adopted;
    }
    static void TearDownTestSuite() {
        shell_.reset();
        guest_.reset();
        directory_.reset();
    }
    void SetUp() override { ASSERT_TRUE(shell_) << "the initramfs gave no shell"; }
    static std::optional<TemporaryDirectory> directory_;
    static std::unique_ptr<Guest> guest_;
    static std::optional<vm::SerialShell> shell_;
};
std::optional<TemporaryDirectory> InitramfsShell::directory_{};
std::unique_ptr<Guest> InitramfsShell::guest_{};
std::optional<vm::SerialShell> InitramfsShell::shell_{};

TEST_F(InitramfsShell, GivesOutputByteByByte) {
    EXPECT_EQ(shell_->check("echo one; echo two >&2; printf three").value(), "one\ntwo\nthree");
    EXPECT_EQ(shell_->check("true").value(), "");
    EXPECT_EQ(shell_->check("cat /proc/cmdline").value(), "console=ttyS0 break=top\n");
}

TEST_F(InitramfsShell, GivesExitCodes) {
    EXPECT_EQ(shell_->run("exit 3").value().exit_code, 3);
    EXPECT_EQ(shell_->run("no-such-program 2>/dev/null").value().exit_code, 127);
    const auto refused = shell_->check("echo broken; false");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().details, std::vector<std::string>{"broken"});
}

TEST_F(InitramfsShell, TakesSeveralLinesAndQuotes) {
    EXPECT_EQ(shell_->check("for i in 1 2\ndo echo \"'$i'\"\ndone").value(), "'1'\n'2'\n");
}

TEST_F(InitramfsShell, TakesLongCommandsWhole) {
    const std::string word(3000, 'x');
    EXPECT_EQ(shell_->check("printf %s " + word + " | wc -c").value(), "3000\n");
}

TEST_F(InitramfsShell, KernelMessagesDoNotMixWithOutput) {
    EXPECT_EQ(shell_->check("echo '<4>noise' > /dev/kmsg; echo quiet").value(), "quiet\n");
}

TEST_F(InitramfsShell, LastsThroughManyCommands) {
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(shell_->check("echo " + std::to_string(i)).value(), std::to_string(i) + "\n");
}

}  // namespace
}  // namespace kld::test
