// SPDX-License-Identifier: BSD-3-Clause
// With Secure Boot on, what nobody signed does not run: a kernel is refused by the menu, zfs.ko by the kernel, the menu
// itself by shim; each says why, and nothing hangs.
#include <gtest/gtest.h>

#include "base/text.h"
#include "image/tar.h"
#include "initramfs/cpio_writer.h"
#include "modules/compression.h"
#include "modules/module_signature.h"
#include "vm/support/ask.h"
#include "vm/support/boot_menu.h"
#include "vm/support/image_content.h"
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
    "truncate -s %512 initrd.img-$k; tar xOf /dev/disk/by-id/virtio-tools unsigned.cpio >>initrd.img-$k";

/// A tar file at `path` with unsigned.cpio: the image's own zfs.ko, without its signature, in its place.
Status make_unsigned(const std::string& image, const std::string& kernel, const std::string& path) {
    RealFiles files;
    KLD_TRY(const auto work, TemporaryDirectory::make("/var/tmp"));
    const auto place = "usr/lib/modules/" + kernel + "/updates/kldload";
    KLD_CHECK(extract_from_image(image, place, work.path() + "/modules"));
    KLD_TRY(const auto packed, files.read(work.path() + "/modules/zfs.ko.xz"));
    KLD_TRY(const auto module, modules::unpack_module(packed));
    KLD_TRY(const auto bare, modules::strip_signature(module));
    if (bare == module) return fail("zfs.ko of the image is not signed");
    KLD_TRY(auto again, modules::pack_xz(bare));
    KLD_TRY(const auto archive, initramfs::make_archive({{.path = place + "/zfs.ko.xz", .content = std::move(again)}}));
    KLD_TRY(auto tar, image::TarWriter::create(path, 0));
    KLD_CHECK(tar.file("unsigned.cpio", archive));
    return tar.finish();
}

class Refusals : public testing::Test {
protected:
    void SetUp() override {
        auto options = secure_test_image("debian-13-core");
        KLD_ASSERT_OK(options);
        const auto kernel = report_of("debian-13-core", "kernel");
        KLD_ASSERT_OK(kernel);
        auto directory = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(directory);
        directory_.emplace(std::move(*directory));
        const auto tools = directory_->path() + "/tools.tar";
        KLD_ASSERT_OK(make_unsigned(options->image, *kernel, tools));
        options->more_drives = {{.path = tools, .format = "raw", .readonly = true, .serial = "tools"}};
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
        KLD_ASSERT_OK(guest->power_on());
    }
    std::optional<TemporaryDirectory> directory_{};
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
        vm::text(
            "zfs.ko was refused: it is not signed with a key that this machine trusts, and the kernel is locked down"),
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
