// SPDX-License-Identifier: BSD-3-Clause
#include "snap/kinship.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::snap {
namespace {

boot::Dataset environment(const std::string& name, const std::string& origin) {
    return {name, {{"mountpoint", {"/", "local"}}, {"canmount", {"noauto", "local"}}, {"origin", {origin, "-"}}}};
}

be::World sample() {
    be::World world{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/ROOT/default"};
    world.datasets = {environment("rpool/ROOT/default", "-"), environment("rpool/ROOT/new", "rpool/ROOT/default@kbe-1"),
                      environment("rpool/ROOT/other", "rpool/ROOT/new@x")};
    world.mounts = {{"rpool/ROOT/default", "/", "zfs"}};
    return world;
}

TEST(Kinship, IsTheSnapshotThatOneWasClonedFrom) {
    EXPECT_EQ(common_snapshot(sample(), "new", "default").value(), "rpool/ROOT/default@kbe-1");
    EXPECT_EQ(common_snapshot(sample(), "default", "new").value(), "rpool/ROOT/default@kbe-1");
    const auto strangers = common_snapshot(sample(), "default", "other");
    ASSERT_FALSE(strangers);
    EXPECT_EQ(strangers.error().code, ExitCode::refused);
    EXPECT_EQ(common_snapshot(sample(), "new", "new").error().code, ExitCode::usage);
    EXPECT_EQ(common_snapshot(sample(), "new", "nothing").error().code, ExitCode::usage);
}

TEST(Kinship, PathsAreThoseOfTheEnvironment) {
    test::ReplayRunner runner;
    runner.expect({"mktemp", "--directory", "/run/kldload-diff.XXXXXX"}, "/run/kldload-diff.1\n");
    runner.expect({"mount", "-t", "zfs", "-o", "zfsutil,ro", "rpool/ROOT/new", "/run/kldload-diff.1"});
    runner.expect({"zfs", "diff", "-FH", "rpool/ROOT/default@kbe-1", "rpool/ROOT/new"},
                  "M\tF\t/run/kldload-diff.1/etc/motd\nR\tF\t/run/kldload-diff.1/a\t/run/kldload-diff.1/b\nM\t/\t/run/"
                  "kldload-diff.1\n");
    runner.expect({"umount", "/run/kldload-diff.1"});
    runner.expect({"rmdir", "/run/kldload-diff.1"});
    const auto changes = changes_of(runner, sample(), "rpool/ROOT/new", "rpool/ROOT/default@kbe-1");
    ASSERT_TRUE(changes) << render(changes.error());
    ASSERT_EQ(changes->size(), 3U);
    EXPECT_EQ((*changes)[0].path, "/etc/motd");
    EXPECT_EQ((*changes)[1].new_path, "/b");
    EXPECT_EQ((*changes)[2].path, "/");
}

TEST(Kinship, TheOneThatRunsIsNotMountedAgain) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "diff", "-FH", "rpool/ROOT/default@kbe-1", "rpool/ROOT/default"}, "+\tF\t/etc/new\n");
    const auto changes = changes_of(runner, sample(), "rpool/ROOT/default", "rpool/ROOT/default@kbe-1");
    ASSERT_TRUE(changes);
    EXPECT_EQ((*changes)[0].path, "/etc/new");
}

}  // namespace
}  // namespace kld::snap
