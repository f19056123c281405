// SPDX-License-Identifier: BSD-3-Clause
// The boot files are replaced on a running machine, and the power goes after every step.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

/// A package whose menu and shim are other files: the time in the head of an EFI program says nothing, as long as
/// Secure Boot is off. (What is appended, shim refuses.)
constexpr const char* kNewPackage =
    "set -e; rm -rf /root/new; cp -r /usr/lib/kldload/esp /root/new\n"
    "for file in grubx64.efi BOOTX64.EFI; do cd /root/new/EFI/BOOT; head=$(od -An -tu4 -j60 -N4 $file)\n"
    "printf '\\1\\2\\3\\4' | dd of=$file bs=1 seek=$((head + 8)) conv=notrunc status=none; done";

}  // namespace

TEST(EspUpdate, BootsWhereverItIsInterrupted) {
    const auto options = test_image("debian-13-server-old");
    KLD_ASSERT_OK(options);
    const auto made = Guest::make(*options);
    KLD_ASSERT_OK(made);
    auto& guest = **made;
    const auto shell = over_ssh(guest);
    const std::string update = "/usr/lib/kldload/kldload-esp --from /root/new";

    KLD_ASSERT_OK(guest.power_on());
    KLD_ASSERT_OK(guest.wait_for_ssh());
    expect_healthy(shell, "rpool/ROOT/default");
    EXPECT_EQ(answer(shell, "/usr/lib/kldload/kldload-esp"), "nothing to do: the boot files are those of the package");
    answer(shell, kNewPackage);
    const auto steps = lines(answer(shell, update + " --dry-run"));
    ASSERT_EQ(steps.size(), 8U) << join(steps, "\n");

    for (std::size_t step = 1; step <= steps.size(); ++step) {
        SCOPED_TRACE(steps[step - 1]);
        // Each time from the start: the files of the package first, so that all steps come again.
        answer(shell, "/usr/lib/kldload/kldload-esp; sync; umount /boot/efi; mount /boot/efi");
        answer(shell, update + " --steps " + std::to_string(step));
        guest.pull_the_plug();
        KLD_ASSERT_OK(guest.power_on());
        KLD_ASSERT_OK(guest.wait_for_ssh());
        expect_healthy(shell, "rpool/ROOT/default");
        EXPECT_EQ(answer(shell, "dmesg | grep -i 'fat-fs.*error' || true"), "");
    }
    // Back and once more, since all steps were done: the partition is checked when there is something to do.
    answer(shell, "/usr/lib/kldload/kldload-esp; " + update);
    EXPECT_EQ(
        answer(shell, "umount /boot/efi; fsck.vfat -n /dev/disk/by-label/ESP >/dev/null; echo $?; mount /boot/efi"),
        "0");
    EXPECT_EQ(answer(shell,
                     "for file in grubx64.efi BOOTX64.EFI; do cmp /root/new/EFI/BOOT/$file /boot/efi/EFI/BOOT/$file; "
                     "cmp /usr/lib/kldload/esp/EFI/BOOT/$file /boot/efi/EFI/kldload/previous/$file; done"),
              "");
    KLD_ASSERT_OK(guest.shut_down_by_ssh());
    KLD_ASSERT_OK(guest.power_on());
    KLD_ASSERT_OK(guest.wait_for_ssh());
    KLD_ASSERT_OK(guest.shut_down_by_ssh());
}

}  // namespace kld::test
