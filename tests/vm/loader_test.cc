// SPDX-License-Identifier: BSD-3-Clause
// A machine that another loader than our menu starts. The part of ZFSBootMenu's file is played by our own menu, of
// which nothing but the bytes is used; what ZFSBootMenu tells the kernel is told by QEMU.
#include <gtest/gtest.h>

#include "base/text.h"
#include "digest/sha256.h"
#include "vm/acceleration.h"
#include "vm/support/image_content.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"
#include "vm/support/tools_disk.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Loader : public testing::Test {
protected:
    std::string at(const std::string& name) const { return directory_.path() + "/" + name; }

    /// A file that boots environments: the menu, out of the EFI system partition of another image.
    void take_loader() {
        const auto image = image_path("debian-13-core");
        KLD_ASSERT_OK(image);
        KLD_ASSERT_OK(runner_.run({.argv = {"qemu-img", "convert", "-O", "raw", *image, at("other.raw")}}));
        KLD_ASSERT_OK(
            runner_.run({.argv = {"mcopy", "-i", at("other.raw@@1M"), "::/EFI/BOOT/grubx64.efi", at("loader.EFI")}}));
        KLD_ASSERT_OK(files_.remove(at("other.raw")));
    }
    Result<Output> build(const std::string& sha256) {
        const auto keys = vm::default_cache_directory() + "/test-images";
        return runner_.run({.argv = {std::string(KLD_BIN_DIR) + "/kldload", "image", "debian-13", "--profile", "core",
                                     "--root-password-hash-file", keys + "/root.hash", "--updates-repository",
                                     "file:/srv/kldload", "--boot-loader", "zfsbootmenu", "--boot-loader-file",
                                     at("loader.EFI"), "--boot-loader-sha256", sha256, "--output", at("machine.qcow2")},
                            .timeout = std::chrono::hours(1)});
    }
    /// Switched on, and up; `shell_` is valid until it is shut down.
    void boot(Guest& guest) {
        KLD_ASSERT_OK(guest.power_on());
        auto opened = guest.login("root", kRootPassword);
        KLD_ASSERT_OK(opened);
        shell_.emplace(std::move(*opened));
        expect_healthy(over_serial(*shell_), kDefault);
    }

    RealFiles files_{};
    ProcessRunner runner_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/var/tmp").value();
    std::optional<vm::SerialShell> shell_{};
};

TEST_F(Loader, ThatAPersonGivesStartsTheMachine) {
    ASSERT_NO_FATAL_FAILURE(take_loader());
    const auto refused = build(std::string(64, '0'));
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(render(refused.error()).find("exit 3"), std::string::npos) << render(refused.error());
    EXPECT_EQ(*files_.list(directory_.path()), std::vector<std::string>{"loader.EFI"}) << "something was left";
    const auto sha256 = sha256_file(at("loader.EFI"));
    KLD_ASSERT_OK(sha256);
    KLD_ASSERT_OK(build(*sha256));

    GuestOptions options{.image = at("machine.qcow2")};
    const auto drive = make_tools_disk(directory_.path());
    KLD_ASSERT_OK(drive);
    options.more_drives.push_back(*drive);
    auto guest = Guest::make(options);
    KLD_ASSERT_OK(guest);
    ASSERT_NO_FATAL_FAILURE(boot(**guest));
    const auto shell = over_serial(*shell_);
    EXPECT_EQ(answer(shell, "cd /boot/efi && find . -type f | sort"), "./EFI/BOOT/BOOTX64.EFI\n./EFI/zbm/VMLINUZ.EFI");
    EXPECT_EQ(answer(shell, "sha256sum < /boot/efi/EFI/zbm/VMLINUZ.EFI"), *sha256 + "  -");
    EXPECT_EQ(answer(shell, "dpkg-query --show kldload-menu 2>/dev/null || echo none"), "none");
    answer(shell, kMountTools);
    const auto checked = answer(shell, std::string(kKldload) + "check / ");
    EXPECT_NE(checked.find(" 0 warnings, 0 failed, 0 unknown, "), std::string::npos) << checked;
    KLD_ASSERT_OK((*guest)->shut_down(*shell_));
}

/// ZFSBootMenu imports an exported pool under its own hostid, 00bab10c in its releases, and gives that to the kernel at
/// each boot. What first boot writes must be that one.
TEST_F(Loader, ThatHasAHostidOfItsOwnGivesItToTheMachine) {
    auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    const auto kernel = kernel_of(options->image, directory_.path(),
                                  "root=zfs:rpool/ROOT/default rw console=tty0 console=ttyS0,115200 "
                                  "spl.spl_hostid=0x00bab10c");
    KLD_ASSERT_OK(kernel);
    options->direct = *kernel;
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    for (const auto* which : {"first boot", "second boot"}) {
        SCOPED_TRACE(which);
        ASSERT_NO_FATAL_FAILURE(boot(**guest));
        const auto shell = over_serial(*shell_);
        EXPECT_EQ(answer(shell, "od -An -tx4 /etc/hostid"), "00bab10c");
        EXPECT_NE(answer(shell, "tail -c 512 /boot/initrd.img-$(uname -r) | od -An -v -tx1 | tr -d '[:space:]'")
                      .find("0cb1ba00"),
                  std::string::npos)
            << "the initramfs has another one";
        EXPECT_EQ(answer(shell, "zdb -l /dev/vda2 | awk '$1 == \"hostid:\" { print $2 }'"), "12235020");
        KLD_ASSERT_OK((*guest)->shut_down(*shell_));
    }
}

}  // namespace
}  // namespace kld::test
