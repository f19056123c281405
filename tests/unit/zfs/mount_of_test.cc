// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "support/fakes.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::zfs::test {
namespace {

std::string source_of(const std::string& path) {
    const std::vector<Mount> mounts{{"root", "/", "zfs"},
                                    {"home", "/home", "zfs"},
                                    {"alice", "/home/alice", "zfs"},
                                    {"other", "/home", "nfs4"},
                                    {"boot", "/boot", "ext4"}};
    const auto* mount = mount_of(mounts, path);
    return mount == nullptr ? "" : mount->source;
}

TEST(MountOf, TheLongestTargetAbove) {
    EXPECT_EQ(source_of("/"), "root");
    EXPECT_EQ(source_of("/homework"), "root");
    EXPECT_EQ(source_of("/boot/grub"), "boot");
    EXPECT_EQ(source_of("/home/alice"), "alice");
    EXPECT_EQ(source_of("/home/alice/x"), "alice");
}

TEST(MountOf, TheLastOfTwoOnOnePlace) {
    EXPECT_EQ(source_of("/home"), "other");
    EXPECT_EQ(source_of("/home/bob"), "other");
}

TEST(MountOf, NoMountIsNothing) {
    EXPECT_EQ(mount_of({}, "/home"), nullptr);
}

TEST(TakingBack, AStepThatLeavesNothingIsNotTalkedAbout) {
    kld::test::ReplayRunner runner;
    kld::test::CaptureEvents events;
    runner.expect({"zpool", "sync", "tank"});
    runner.expect({"cp", "a", "b"}, "", 1, "cp: no space\n");
    Plan plan;
    plan.steps.push_back({"write all data", {"zpool", "sync", "tank"}, {}, true});
    plan.steps.push_back({"copy", {"cp", "a", "b"}, {}});
    const auto done = apply(plan, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

}  // namespace
}  // namespace kld::zfs::test
