// SPDX-License-Identifier: BSD-3-Clause
#include "boot/kernels.h"

#include <gtest/gtest.h>

#include "boot/version_order.h"

namespace kld::boot {
namespace {

std::vector<std::string> kernels_of(const std::vector<std::string>& names) {
    std::vector<std::string> kernels;
    for (const auto& pair : kernel_pairs(names)) kernels.push_back(pair.kernel + " " + pair.initramfs);
    return kernels;
}

using Names = std::vector<std::string>;

}  // namespace

TEST(Kernels, DebianPair) {
    const auto pairs =
        kernel_pairs({"vmlinuz-6.12.107+deb13-amd64", "initrd.img-6.12.107+deb13-amd64", "config-6.12", "grub"});
    ASSERT_EQ(pairs.size(), 1U);
    EXPECT_EQ(pairs[0].kernel, "/boot/vmlinuz-6.12.107+deb13-amd64");
    EXPECT_EQ(pairs[0].initramfs, "/boot/initrd.img-6.12.107+deb13-amd64");
    EXPECT_EQ(pairs[0].version, "6.12.107+deb13-amd64");
}

TEST(Kernels, AKernelWithoutInitramfsIsLeftOut) {
    EXPECT_EQ(kernels_of({"vmlinuz-6.1", "vmlinuz-6.12", "initrd.img-6.1"}),
              Names{"/boot/vmlinuz-6.1 /boot/initrd.img-6.1"});
    EXPECT_TRUE(kernels_of({}).empty());
}

TEST(Kernels, NamesThatAreNoKernel) {
    EXPECT_TRUE(
        kernels_of({"bzImage-6.1", "Image-6.1", "vmlinuz.old", "initrd.img-6.1", "initrd.img.old", "initramfs.img"})
            .empty());
}

TEST(Kernels, EveryFamilysSpelling) {
    EXPECT_EQ(kernels_of({"vmlinuz-linux-lts", "initramfs-linux-lts.img", "initramfs-linux-lts-fallback.img"}),
              Names{"/boot/vmlinuz-linux-lts /boot/initramfs-linux-lts.img"});
    EXPECT_EQ(kernels_of({"vmlinuz-5.14.0-503.el9.x86_64", "initramfs-5.14.0-503.el9.x86_64.img"}),
              Names{"/boot/vmlinuz-5.14.0-503.el9.x86_64 /boot/initramfs-5.14.0-503.el9.x86_64.img"});
    EXPECT_EQ(kernels_of({"kernel-6.6.1-gentoo", "initramfs-6.6.1-gentoo.zstd"}),
              Names{"/boot/kernel-6.6.1-gentoo /boot/initramfs-6.6.1-gentoo.zstd"});
    EXPECT_EQ(kernels_of({"vmlinuz", "initrd.img"}), Names{"/boot/vmlinuz /boot/initrd.img"});
    EXPECT_EQ(kernels_of({"vmlinux-6.1", "initrd.gz-6.1"}), Names{"/boot/vmlinux-6.1 /boot/initrd.gz-6.1"});
}

TEST(Kernels, TheFirstInitramfsNameOfTheListWins) {
    EXPECT_EQ(kernels_of({"vmlinuz-1", "initrd-1.xz", "initrd.img-1", "initramfs-1.img", "initramfs-vmlinuz-1.img"}),
              Names{"/boot/vmlinuz-1 /boot/initramfs-vmlinuz-1.img"});
    EXPECT_EQ(kernels_of({"vmlinuz-1", "initrd-1.xz", "initrd.img-1"}), Names{"/boot/vmlinuz-1 /boot/initrd.img-1"});
}

TEST(Kernels, OrderIsThatOfSortV) {
    const auto order = [](const Names& versions) {
        Names names;
        for (const auto& version : versions) {
            names.push_back("vmlinuz-" + version);
            names.push_back("initrd.img-" + version);
        }
        Names sorted;
        for (const auto& pair : kernel_pairs(names)) sorted.push_back(pair.version);
        return sorted;
    };
    EXPECT_EQ(order({"6.12.107-rt-amd64", "6.12.107-amd64", "6.12.107-cloud-amd64", "6.9.1-amd64"}),
              (Names{"6.9.1-amd64", "6.12.107-amd64", "6.12.107-cloud-amd64", "6.12.107-rt-amd64"}));
    EXPECT_EQ(order({"linux", "linux-zen", "linux-lts", "linux-hardened"}),
              (Names{"linux", "linux-hardened", "linux-lts", "linux-zen"}));
    EXPECT_EQ(order({"6.12", "0-rescue-0123456789abcdef"}), (Names{"0-rescue-0123456789abcdef", "6.12"}));
    EXPECT_EQ(order({"6.12.0", "6.12~rc3", "6.12.0-rc3"}), (Names{"6.12~rc3", "6.12.0", "6.12.0-rc3"}));
}

TEST(Kernels, WithoutPinTheLastPairBoots) {
    const auto pairs = kernel_pairs({"vmlinuz-6.1", "initrd.img-6.1", "vmlinuz-6.12", "initrd.img-6.12"});
    for (const auto* unset : {"", "-"}) {
        const auto chosen = default_kernel(pairs, unset);
        EXPECT_EQ(pairs[chosen.index].version, "6.12");
        EXPECT_TRUE(chosen.warning.empty());
    }
}

TEST(Kernels, ThePinIsAnUnanchoredExpressionAndTheLastMatchWins) {
    const auto pairs = kernel_pairs(
        {"vmlinuz-5.4", "initrd.img-5.4", "vmlinuz-6.15.4", "initrd.img-6.15.4", "vmlinuz-6.16", "initrd.img-6.16"});
    EXPECT_EQ(pairs[default_kernel(pairs, "5.4").index].version, "6.15.4");
    EXPECT_EQ(pairs[default_kernel(pairs, "^/boot/vmlinuz-5\\.4$").index].version, "5.4");
    EXPECT_EQ(pairs[default_kernel(pairs, "vmlinuz-(5|6)\\.").index].version, "6.16");
}

TEST(Kernels, AnUnescapedPlusMatchesNothingAndTheWarningSaysSo) {
    const auto pairs = kernel_pairs({"vmlinuz-6.12.107+deb13-amd64", "initrd.img-6.12.107+deb13-amd64",
                                     "vmlinuz-6.19.1+deb13-amd64", "initrd.img-6.19.1+deb13-amd64"});
    const auto plain = default_kernel(pairs, "vmlinuz-6.12.107+deb13-amd64$");
    EXPECT_EQ(pairs[plain.index].version, "6.19.1+deb13-amd64");
    EXPECT_EQ(
        plain.warning,
        "org.zfsbootmenu:kernel='vmlinuz-6.12.107+deb13-amd64$' matches no kernel (a plain '+' must be written '\\+'); "
        "/boot/vmlinuz-6.19.1+deb13-amd64 is taken");
    const auto escaped = default_kernel(pairs, "vmlinuz-6\\.12\\.107\\+deb13-amd64$");
    EXPECT_EQ(pairs[escaped.index].version, "6.12.107+deb13-amd64");
    EXPECT_TRUE(escaped.warning.empty());
    EXPECT_NE(default_kernel(pairs, "vmlinuz-(").warning.find("is no regular expression"), std::string::npos);
}

TEST(VersionOrder, AgreesWithSortV) {
    // Made by `sort -V`.
    const Names sorted{"/b/kernel-9",
                       "/b/linux-1",
                       "/b/vmlinuz",
                       "/b/vmlinuz-5.4",
                       "/b/vmlinuz-6.6.9",
                       "/b/vmlinuz-6.6.10",
                       "/b/vmlinuz-6.6.10-1.img",
                       "/b/vmlinuz-6.12~rc1",
                       "/b/vmlinuz-6.12"};
    for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
        EXPECT_LT(compare_versions(sorted[i], sorted[i + 1]), 0) << sorted[i] << " " << sorted[i + 1];
        EXPECT_GT(compare_versions(sorted[i + 1], sorted[i]), 0) << sorted[i] << " " << sorted[i + 1];
        EXPECT_EQ(compare_versions(sorted[i], sorted[i]), 0);
    }
}

TEST(Versions, MajorAndMinorAreTheFirstTwoNumbers) {
    EXPECT_EQ(major_minor("2.3.9-0+deb13u1"), "2.3");
    EXPECT_EQ(major_minor("2.3"), "2.3");
    EXPECT_EQ(major_minor("2"), "2");
}

}  // namespace kld::boot
