// SPDX-License-Identifier: BSD-3-Clause
// The harness itself, on what every machine with QEMU and OVMF has: the shell that is part of the firmware.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vm/acceleration.h"
#include "vm/support/guest.h"
#include "vm/support/images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kBootLimit = 180s;

struct FirmwareShell : testing::Test {
    void SetUp() override {
        auto made = Guest::make({.memory_mib = 512, .network = false});
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
        KLD_ASSERT_OK(guest->power_on());
    }
    void at_prompt() {
        KLD_ASSERT_OK(guest->console().expect(vm::text("to skip startup.nsh"), kBootLimit));
        KLD_ASSERT_OK(guest->console().send_key(vm::Key::escape));
        KLD_ASSERT_OK(guest->console().expect(vm::regex("Shell> ?$"), 60s));
    }
    std::unique_ptr<Guest> guest;
};

TEST_F(FirmwareShell, IsDrivenOverTheSerialConsole) {
    at_prompt();
    KLD_ASSERT_OK(guest->console().send("echo one%cwd%two\r"));
    KLD_ASSERT_OK(guest->console().expect(vm::regex("^one.*two"), 30s));
    EXPECT_GT(guest->uptime(), 1.0);
}

TEST_F(FirmwareShell, WaitingInVainShowsTheConsole) {
    at_prompt();
    const auto never = guest->console().expect(vm::text("login:"), 1s);
    ASSERT_FALSE(never);
    EXPECT_NE(render(never.error()).find("UEFI Interactive Shell"), std::string::npos);
}

TEST_F(FirmwareShell, TheMonitorResetsAndTakesPictures) {
    at_prompt();
    const auto picture = guest->machine().config().directory + "/screen.png";
    KLD_ASSERT_OK(guest->machine().screendump(picture));
    EXPECT_EQ(RealFiles().read(picture).value().substr(1, 3), "PNG");
    KLD_ASSERT_OK(guest->machine().reset());
    at_prompt();
    const auto refused = guest->machine().monitor("no-such-command", nlohmann::json::object());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("no-such-command"), std::string::npos);
}

TEST_F(FirmwareShell, TheEndOfTheMachineIsNoticed) {
    at_prompt();
    KLD_ASSERT_OK(guest->console().send("reset -s\r"));
    const auto never = guest->console().expect(vm::text("login:"), kBootLimit);
    ASSERT_FALSE(never);
    EXPECT_NE(never.error().message.find("the machine ended"), std::string::npos) << never.error().message;
    EXPECT_TRUE(guest->machine().wait(10s));
    EXPECT_FALSE(guest->machine().press_power_button());
}

TEST_F(FirmwareShell, VariablesSurviveAPowerCycle) {
    at_prompt();
    KLD_ASSERT_OK(guest->console().send("set kldproof kept\r"));
    KLD_ASSERT_OK(guest->console().expect(vm::regex("Shell> ?$"), 30s));
    guest->pull_the_plug();
    KLD_ASSERT_OK(guest->power_on());
    at_prompt();
    KLD_ASSERT_OK(guest->console().send("set kldproof\r"));
    KLD_ASSERT_OK(guest->console().expect(vm::regex("kldproof = kept"), 30s));
}

/// The probe calls firmware that comes up a success: shown with emulation in the place of KVM, which may not work here.
TEST(AccelerationProbe, SeesFirmwareComeUp) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles files;
    vm::MachineConfig config;
    config.directory = directory->path();
    config.firmware = vm::find_firmware(files, false).value();
    config.qemu = directory->path() + "/qemu";
    ASSERT_TRUE(files.write(
        config.qemu,
        "#!/bin/bash\nfor word; do case $word in kvm) word=tcg;; host) word=max;; esac; words+=(\"$word\"); done\n"
        "exec qemu-system-x86_64 \"${words[@]}\"\n",
        0755));
    KLD_ASSERT_OK(vm::firmware_trial(config, kBootLimit));
}

TEST(Images, AMissingImageSaysHowToGetIt) {
    const auto path = image_path("no-such-distro-1");
    ASSERT_FALSE(path);
    EXPECT_NE(path.error().hint.find("KLD_TEST_IMAGE_NO_SUCH_DISTRO_1"), std::string::npos);
}

}  // namespace
}  // namespace kld::test
