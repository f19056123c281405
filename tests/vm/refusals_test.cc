// SPDX-License-Identifier: BSD-3-Clause
// With Secure Boot on, what nobody signed does not run: a kernel is refused by the menu, zfs.ko by the kernel, the menu
// itself by shim; each says why, and nothing hangs.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/ask.h"
#include "vm/support/boot_menu.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

/// A boot environment NAME, mounted on /run/NAME while `change` is done there.
std::string clone_with(const std::string& name, const std::string& change) {
    return "set -e; zfs snapshot rpool/ROOT/default@" + name +
           "; zfs clone -o mountpoint=/ -o canmount=noauto rpool/ROOT/default@" + name + " rpool/ROOT/" + name +
           "; mkdir /run/" + name + "; mount -t zfs -o zfsutil rpool/ROOT/" + name + " /run/" + name + "; cd /run/" +
           name + "/boot; k=$(uname -r)\n" + change + "\ncd /; umount /run/" + name + "; zpool sync";
}

/// Empties the entry of the PE header that says where the signature is (PE format, optional header, directory 4).
constexpr const char* kUnsignKernel =
    "pe=$(od -An -tu4 -j60 -N4 vmlinuz-$k)\n"
    "dd if=/dev/zero of=vmlinuz-$k bs=1 seek=$((pe+168)) count=8 conv=notrunc status=none";

/// Puts a zfs.ko without its signature behind the initramfs, where it wins over the signed one.
constexpr const char* kUnsignModule =
    "m=$(find /usr/lib/modules/$k -name 'zfs.ko*'); d=/run/cut/${m%/*}; mkdir -p $d; cut=$d/zfs.ko\n"
    "case $m in *.xz) xz -dc $m >$cut;; *) cp $m $cut;; esac\n"
    "n=$(stat -c %s $cut); l=$(od -An -tu1 -j$((n-32)) -N4 $cut | awk '{print (($1*256+$2)*256+$3)*256+$4}')\n"
    "truncate -s $((n-40-l)) $cut\n"
    "case $m in *.xz) xz --check=crc32 $cut;; esac\n"
    "truncate -s %512 initrd.img-$k; cd /run/cut; find . | cpio -o -H newc >>/run/badmodule/boot/initrd.img-$k";

class Refusals : public testing::Test {
protected:
    void SetUp() override {
        const auto options = secure_test_image("debian-13-core");
        KLD_ASSERT_OK(options);
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
        KLD_ASSERT_OK(guest->power_on());
    }
    std::unique_ptr<Guest> guest{};
};

TEST_F(Refusals, WhatIsNotSignedIsRefusedWithTheReason) {
    {
        auto shell = guest->login("root", kRootPassword);
        KLD_ASSERT_OK(shell);
        answer(*shell, clone_with("badkernel", kUnsignKernel));
        answer(*shell, clone_with("badmodule", kUnsignModule));
        KLD_ASSERT_OK(guest->shut_down(*shell));
    }
    KLD_ASSERT_OK(guest->power_on());
    auto menu = BootMenu::wait(guest->console());
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot("rpool/ROOT/badkernel"));
    const auto refused = menu->message("signature is missing or not trusted");
    KLD_ASSERT_OK(refused);
    // The menu is there again and boots something else: the module that nobody signed.
    KLD_ASSERT_OK(menu->back_to_list());
    KLD_ASSERT_OK(menu->boot("rpool/ROOT/badmodule"));
    KLD_ASSERT_OK(guest->console().expect(
        vm::text("zfs.ko was refused: it is not signed with a key that this machine trusts, and the kernel is locked down"),
        600s));
    KLD_ASSERT_OK(guest->console().expect(vm::text("Enrol the builder's certificate"), 60s));
    guest->pull_the_plug();

    // Neither has harmed the boot environment beside it.
    KLD_ASSERT_OK(guest->power_on());
    auto shell = guest->login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    EXPECT_EQ(answer(*shell, "findmnt -n -o SOURCE /"), "rpool/ROOT/default");
    EXPECT_EQ(answer(*shell, "zpool status -x"), "all pools are healthy");
    KLD_ASSERT_OK(guest->shut_down(*shell));
}

/// The same disk where nobody enrolled the builder's certificate.
TEST(Unenrolled, TheMenuIsRefusedByShim) {
    auto options = secure_test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    options->mok_certificate.clear();
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    KLD_ASSERT_OK((*guest)->console().expect(vm::regex("Security Violation|Verification failed"), 600s));
}

}  // namespace
}  // namespace kld::test
