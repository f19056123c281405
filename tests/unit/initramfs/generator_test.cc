// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/generator.h"

#include <gtest/gtest.h>

namespace kld::initramfs {

TEST(Generator, WhatAPersonIsToldToRunIsTheGeneratorsOwn) {
    EXPECT_EQ(make_text(Generator::initramfs_tools, "6.12"), "update-initramfs -c -k 6.12");
    EXPECT_EQ(make_text(Generator::dracut, "6.12"), "dracut --force /boot/initrd.img-6.12 6.12");
    EXPECT_EQ(make_text(Generator::unknown, "6.12"), "make the initramfs of 6.12");
    EXPECT_EQ(rebuild_all_text(Generator::initramfs_tools), "update-initramfs -u -k all");
    EXPECT_EQ(rebuild_all_text(Generator::dracut), "dracut --regenerate-all --force");
    EXPECT_EQ(rebuild_all_text(Generator::mkinitcpio), "mkinitcpio -P");
}

}  // namespace kld::initramfs
