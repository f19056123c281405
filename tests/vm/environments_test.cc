// SPDX-License-Identifier: BSD-3-Clause
// Boot environments chosen in the menu over serial: clones, one-time command lines, other kernels; with Secure Boot
// too.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/ask.h"
#include "vm/support/boot_menu.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

/// Makes a boot environment, a plain clone, and a second kernel in the boot environment.
void prepare(Guest& guest) {
    KLD_ASSERT_OK(guest.power_on());
    auto shell = guest.login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    answer(*shell,
           "set -e; zfs snapshot rpool/ROOT/default@test\n"
           "zfs clone -o mountpoint=/ -o canmount=noauto rpool/ROOT/default@test rpool/ROOT/copy\n"
           "zfs clone rpool/ROOT/default@test rpool/ROOT/plain\n"
           "mkdir /run/copy; mount -t zfs -o zfsutil rpool/ROOT/copy /run/copy\n"
           "echo copy > /run/copy/etc/which\n"
           "kernel=$(uname -r); cp /run/copy/boot/vmlinuz-$kernel /run/copy/boot/vmlinuz-5.0-other\n"
           "cp /run/copy/boot/initrd.img-$kernel /run/copy/boot/initrd.img-5.0-other; umount /run/copy; zpool sync");
    KLD_ASSERT_OK(guest.shut_down(*shell));
}

class Environments : public testing::TestWithParam<bool> {};

TEST_P(Environments, AreChosenInTheMenu) {
    auto options = GetParam() ? secure_test_image("debian-13-core") : test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    auto made = Guest::make(*options);
    KLD_ASSERT_OK(made);
    auto& guest = **made;
    prepare(guest);
    if (HasFatalFailure()) return;

    // The clone shows, the plain one does not; it boots when chosen, with arguments for this once.
    KLD_ASSERT_OK(guest.power_on());
    auto menu = BootMenu::wait(guest.console());
    KLD_ASSERT_OK(menu);
    EXPECT_EQ(menu->entries(), (std::vector<std::string>{"rpool/ROOT/default", "rpool/ROOT/copy"}));
    KLD_ASSERT_OK(menu->boot_with("rpool/ROOT/copy", "kldload.once=1"));
    {
        auto shell = guest.login("root", kRootPassword);
        KLD_ASSERT_OK(shell);
        EXPECT_EQ(answer(*shell, "cat /etc/which; findmnt -n -o SOURCE /"), "copy\nrpool/ROOT/copy");
        EXPECT_NE(answer(*shell, "cat /proc/cmdline").find("kldload.once=1"), std::string::npos);
        if (GetParam()) {
            EXPECT_NE(answer(*shell, "cat /sys/kernel/security/lockdown").find("[integrity]"), std::string::npos);
        }
        KLD_ASSERT_OK(guest.shut_down(*shell));
    }

    // Another kernel of it; the arguments of last time are gone.
    KLD_ASSERT_OK(guest.power_on());
    menu = BootMenu::wait(guest.console());
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot_kernel("rpool/ROOT/copy", "5.0-other"));
    KLD_ASSERT_OK(guest.console().expect(vm::text("Booting rpool/ROOT/copy with /boot/vmlinuz-5.0-other"), 120s));
    auto shell = guest.login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    EXPECT_EQ(answer(*shell, "findmnt -n -o SOURCE /"), "rpool/ROOT/copy");
    EXPECT_EQ(answer(*shell, "cat /proc/cmdline").find("kldload.once"), std::string::npos);
    KLD_ASSERT_OK(guest.shut_down(*shell));
}

INSTANTIATE_TEST_SUITE_P(SecureBoot, Environments, testing::Values(false, true),
                         [](const auto& param) { return param.param ? "On" : "Off"; });

}  // namespace
}  // namespace kld::test
