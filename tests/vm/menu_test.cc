// SPDX-License-Identifier: BSD-3-Clause
// The boot menu on a machine: on the screen as well as on the serial line, its recovery shell, and a disk without a
// pool.
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.h"
#include "vm/support/ask.h"
#include "vm/support/boot_menu.h"
#include "vm/support/screen.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

TEST(MenuOnAMachine, IsOnTheScreenTooAndHasARecoveryShell) {
    const auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    auto menu = BootMenu::wait((*guest)->console());
    KLD_ASSERT_OK(menu);
    EXPECT_EQ(menu->entries(), std::vector<std::string>{"rpool/ROOT/default"});

    // Title, one boot environment with its system, the question, two rows of keys.
    EXPECT_EQ(rows_on_screen(**guest, 6), 6U);
    // A key on the serial line changes the screen: the help has many more lines.
    KLD_ASSERT_OK((*guest)->console().send("h"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("Any key goes back"), 60s));
    EXPECT_GE(rows_on_screen(**guest, 12), 12U);
    KLD_ASSERT_OK((*guest)->console().send("x"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("Choose a boot environment."), 60s));

    // Status and logs, on the screen as well.
    KLD_ASSERT_OK((*guest)->console().send("z"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("errors: No known data errors"), 60s));
    EXPECT_EQ((*guest)->console().transcript().text().find("compatibility list"), std::string::npos)
        << "zpool cannot read the feature sets";
    EXPECT_GE(rows_on_screen(**guest, 10), 10U);
    KLD_ASSERT_OK((*guest)->console().send("q"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("Choose a boot environment."), 60s));
    KLD_ASSERT_OK((*guest)->console().send("l"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::regex("^\\[.*\\] pool rpool guid \\d+ hostid"), 60s));
    KLD_ASSERT_OK((*guest)->console().expect(vm::regex("^\\[.*\\] 1 boot environments after \\d+ ms"), 60s));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("The menu's log: "), 60s));
    KLD_ASSERT_OK((*guest)->console().send("L"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("The kernel's log: "), 60s));
    KLD_ASSERT_OK((*guest)->console().send_key(vm::Key::home));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("Linux version"), 60s));
    KLD_ASSERT_OK((*guest)->console().send("q"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("Choose a boot environment."), 60s));

    auto shell = menu->recovery_shell();
    KLD_ASSERT_OK(shell);
    EXPECT_EQ(answer(*shell, "zpool get -H -o value readonly rpool"), "on");
    EXPECT_EQ(answer(*shell, "zfs list -H -o name rpool/ROOT/default"), "rpool/ROOT/default");
    EXPECT_NE(shell->run("zfs snapshot rpool/ROOT/default@no").value_or(vm::CommandResult{}).exit_code, 0);
    EXPECT_NE(answer(*shell, "dmesg").find("kldload-menu:"), std::string::npos);
    KLD_ASSERT_OK(shell->console().send_line("exit"));
    menu = BootMenu::wait((*guest)->console());
    KLD_ASSERT_OK(menu);
    EXPECT_EQ(menu->entries(), std::vector<std::string>{"rpool/ROOT/default"});
}

TEST(MenuOnAMachine, SaysThatThereIsNoPoolAndGoesOnLooking) {
    auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    const auto directory = TemporaryDirectory::make("/var/tmp");
    KLD_ASSERT_OK(directory);
    const auto disk = directory->path() + "/disk.raw";
    KLD_ASSERT_OK(ProcessRunner().run({.argv = {"qemu-img", "convert", "-O", "raw", options->image, disk}}));
    // Everything behind the EFI system partition is gone.
    constexpr off_t kPoolStart = 513LL << 20;
    ASSERT_EQ(::truncate(disk.c_str(), kPoolStart), 0);
    ASSERT_EQ(::truncate(disk.c_str(), 2 * kPoolStart), 0);
    options->image = disk;
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("No boot environment was found. Still looking"), 600s));
    // It still answers.
    KLD_ASSERT_OK((*guest)->console().send("h"));
    KLD_ASSERT_OK((*guest)->console().expect(vm::text("recovery shell on this terminal"), 60s));
}

}  // namespace
}  // namespace kld::test
