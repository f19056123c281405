// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/passing_mount.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::zfs {
namespace {

const std::vector<std::string> kMake{"mktemp", "--directory", "/run/kldload-look.XXXXXX"};
const std::vector<std::string> kMount{"mount", "-t", "zfs", "-o", "ro", "rpool/my home@a", "/run/kldload-look.abc"};

TEST(PassingMount, GoesWithTheObject) {
    test::ReplayRunner runner;
    runner.expect(kMake, "/run/kldload-look.abc\n");
    runner.expect(kMount);
    {
        auto mount = PassingMount::make(runner, "rpool/my home@a", "ro", "look");
        ASSERT_TRUE(mount.has_value());
        EXPECT_EQ(mount->place(), "/run/kldload-look.abc");
        runner.expect({"umount", "/run/kldload-look.abc"});
        runner.expect({"rmdir", "/run/kldload-look.abc"});
    }
    EXPECT_EQ(runner.ran.size(), 4U) << "once, though it was moved";
}

TEST(PassingMount, TheWordZfsutilIsNotForLegacyDatasets) {
    const boot::Dataset own{"rpool/ROOT/a", {{"mountpoint", {"/", "local"}}}};
    const boot::Dataset legacy{"rpool/ROOT/a", {{"mountpoint", {"legacy", "local"}}}};
    EXPECT_EQ(mount_options(own, false), "zfsutil");
    EXPECT_EQ(mount_options(own, true), "zfsutil,ro");
    EXPECT_EQ(mount_options(legacy, false), "rw");
    EXPECT_EQ(mount_options(legacy, true), "ro");

    test::ReplayRunner runner;
    runner.expect(kMake, "/run/kldload-look.abc\n");
    runner.expect({"mount", "-t", "zfs", "-o", "ro", "rpool/ROOT/a", "/run/kldload-look.abc"});
    runner.expect({"umount", "/run/kldload-look.abc"});
    runner.expect({"rmdir", "/run/kldload-look.abc"});
    EXPECT_TRUE(PassingMount::make(runner, legacy, true, "look").has_value());
}

TEST(PassingMount, WhatCannotBeUnmountedIsNotRemoved) {
    test::ReplayRunner runner;
    runner.expect(kMake, "/run/kldload-look.abc\n");
    runner.expect(kMount);
    const auto mount = PassingMount::make(runner, "rpool/my home@a", "ro", "look");
    ASSERT_TRUE(mount.has_value());
    runner.expect({"umount", "/run/kldload-look.abc"}, {}, 32, "target is busy");
}

TEST(PassingMount, AFailureLeavesNoDirectory) {
    test::ReplayRunner runner;
    runner.expect(kMake, "/run/kldload-look.abc\n");
    runner.expect(kMount, {}, 1, "no such snapshot");
    runner.expect({"rmdir", "/run/kldload-look.abc"});
    EXPECT_FALSE(PassingMount::make(runner, "rpool/my home@a", "ro", "look").has_value());
}

}  // namespace
}  // namespace kld::zfs
