// SPDX-License-Identifier: BSD-3-Clause
// What restoring would do, and what it refuses.
#include "snap/restore.h"

#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC
using Names = std::vector<std::string>;

/// rpool/home is mounted on /home and has a snapshot; below it lies tank/big.
class RestoreTest : public testing::Test {
protected:
    void SetUp() override {
        for (const auto* path :
             {"/home/.zfs/snapshot/a b/user/file", "/home/.zfs/snapshot/a b/user/dir/one",
              "/home/.zfs/snapshot/a b/gone/x", "/home/.zfs/snapshot/a b/user/big/y",
              "/home/.zfs/snapshot/a b/user/data", "/home/user/data", "/home/user/big/z", "/etc/passwd", "/mnt/out/x"})
            files.entries[path] = {"content"};
    }
    static Names list_of(const std::string& dataset) {
        return {"zfs", "list", "-Hp", "-t", "filesystem", "-o", "mountpoint", dataset};
    }
    Result<Opened> open(const std::string& snapshot) {
        runner.expect(list_of(snapshot.substr(0, snapshot.find('@'))), "/home\n");
        return open_snapshot(runner, files, mounts, snapshot);
    }
    Result<zfs::Plan> plan(RestoreWish wish) {
        if (wish.snapshot.empty()) wish.snapshot = "rpool/home@a b";
        KLD_TRY(const auto opened, open(wish.snapshot));
        KLD_TRY(const auto world, probe_restore(files, mounts, opened, wish, kMoment));
        return plan_restore(world, wish);
    }
    Names commands(const RestoreWish& wish) {
        const auto planned = plan(wish);
        if (!planned) return {render(planned.error())};
        Names all;
        for (const auto& step : planned->steps) all.push_back(shell_line(step.argv));
        return all;
    }
    void expect_refused(const RestoreWish& wish, ExitCode code, const std::string& message, const std::string& hint) {
        const auto planned = plan(wish);
        ASSERT_FALSE(planned.has_value()) << message;
        EXPECT_EQ(planned.error().code, code) << planned.error().message;
        EXPECT_EQ(planned.error().message, message);
        EXPECT_NE(planned.error().hint.find(hint), std::string::npos) << planned.error().hint;
    }
    void expect_mount(const std::string& snapshot) {
        runner.expect({"mktemp", "--directory", "/run/kldload-restore.XXXXXX"}, "/run/kldload-restore.1\n");
        runner.expect({"mount", "-t", "zfs", "-o", "ro", snapshot, "/run/kldload-restore.1"});
    }
    void expect_unmount() {
        runner.expect({"umount", "/run/kldload-restore.1"});
        runner.expect({"rmdir", "/run/kldload-restore.1"});
    }
    test::ReplayRunner runner;
    test::FakeFiles files;
    std::vector<zfs::Mount> mounts{
        {"rpool/ROOT/default", "/", "zfs"}, {"rpool/home", "/home", "zfs"}, {"tank/big", "/home/user/big", "zfs"}};
};

TEST_F(RestoreTest, GoesThroughTheMountedDataset) {
    const auto opened = open("rpool/home@a b");
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->base, "/home/.zfs/snapshot/a b");
    EXPECT_EQ(opened->place, "/home");
    EXPECT_TRUE(opened->mounted);
    EXPECT_FALSE(opened->mount.has_value());
}

TEST_F(RestoreTest, MountsTheSnapshotWhereZfsCannotBeRead) {
    std::erase_if(files.entries, [](const auto& entry) { return entry.first.starts_with("/home/.zfs/"); });
    {
        runner.expect(list_of("rpool/home"), "/home\n");
        expect_mount("rpool/home@a b");
        const auto opened = open_snapshot(runner, files, mounts, "rpool/home@a b");
        ASSERT_TRUE(opened.has_value());
        EXPECT_EQ(opened->base, "/run/kldload-restore.1");
        EXPECT_EQ(opened->place, "/home") << "paths are named as they are seen there";
        EXPECT_TRUE(opened->mounted);
        expect_unmount();
    }
}

TEST_F(RestoreTest, MountsTheSnapshotOfWhatIsNotMountedOrCovered) {
    mounts.push_back({"tank/other", "/home", "zfs"});
    for (const auto& [mountpoint, place] :
         std::map<std::string, std::string>{{"/home", "/home"}, {"none", "/"}, {"legacy", "/"}, {"/", "/"}}) {
        runner.expect(list_of("rpool/home"), mountpoint + "\n");
        expect_mount("rpool/home@a b");
        const auto opened = open_snapshot(runner, files, mounts, "rpool/home@a b");
        ASSERT_TRUE(opened.has_value());
        EXPECT_EQ(opened->base, "/run/kldload-restore.1") << "/home/.zfs is that of another dataset";
        EXPECT_EQ(opened->place, place);
        EXPECT_FALSE(opened->mounted);
        expect_unmount();
    }
}

TEST_F(RestoreTest, ASnapshotThatIsNotThereIsAnError) {
    runner.expect(list_of("rpool/home"), "/home\n");
    runner.expect({"mktemp", "--directory", "/run/kldload-restore.XXXXXX"}, "/run/kldload-restore.1\n");
    runner.expect({"mount", "-t", "zfs", "-o", "ro", "rpool/home@no", "/run/kldload-restore.1"}, {}, 1, "not found");
    runner.expect({"rmdir", "/run/kldload-restore.1"});
    const auto none = open_snapshot(runner, files, mounts, "rpool/home@no");
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().hint, "ksnap list rpool/home shows the snapshots there are");
    runner.expect(list_of("rpool/vol"), {}, 1, "cannot open 'rpool/vol': operation not applicable to this type");
    EXPECT_FALSE(open_snapshot(runner, files, mounts, "rpool/vol@a").has_value());
}

TEST_F(RestoreTest, CopiesBesideAndPutsItInPlace) {
    EXPECT_EQ(commands({.paths = {"/home/user/file"}}),
              (Names{"mkdir -m 0700 -- /home/user/.ksnap-20261127-035700",
                     "cp --archive --preserve=xattr --reflink=auto --no-target-directory -- '/home/.zfs/snapshot/a "
                     "b/user/file' /home/user/.ksnap-20261127-035700/file",
                     "mv --no-clobber --no-target-directory -- /home/user/.ksnap-20261127-035700/file /home/user/file",
                     "rmdir -- /home/user/.ksnap-20261127-035700"}));
}

TEST_F(RestoreTest, KeepsWhatIsThere) {
    expect_refused({.paths = {"/home/user/data"}}, ExitCode::refused, "/home/user/data is there already",
                   "/home/user/data.before-restore-20261127-035700");
    files.entries["/home/user/data.before-restore-20261127-035700"] = {"from a moment ago"};
    const auto lines = commands({.paths = {"/home/user/data"}, .overwrite = true});
    ASSERT_EQ(lines.size(), 5U) << join(lines, "\n");
    EXPECT_EQ(lines[2],
              "mv --no-clobber --no-target-directory -- /home/user/data "
              "/home/user/data.before-restore-20261127-035700-2");
}

TEST_F(RestoreTest, SeveralAreCopiedBeforeAnyIsPutInPlace) {
    const auto planned = plan({.paths = {"/home/user/file", "/home/user/data", "/home/gone"}, .overwrite = true});
    ASSERT_TRUE(planned.has_value()) << render(planned.error());
    Names programs;
    for (const auto& step : planned->steps) programs.push_back(step.argv[0]);
    EXPECT_EQ(programs,
              (Names{"mkdir", "cp", "mkdir", "cp", "mkdir", "cp", "mv", "mv", "mv", "mv", "rmdir", "rmdir", "rmdir"}));
    EXPECT_NE(planned->steps[0].argv.back(), planned->steps[2].argv.back()) << "each has a directory of its own";
}

TEST_F(RestoreTest, ElsewhereUnderItsOwnName) {
    const auto lines = commands({.paths = {"/home/user/dir"}, .to = "/mnt/out"});
    ASSERT_EQ(lines.size(), 4U) << join(lines, "\n");
    EXPECT_TRUE(lines[2].ends_with(" /mnt/out/dir")) << lines[2];
    const auto all = commands({.paths = {"/home"}, .to = "/mnt/out"});
    ASSERT_EQ(all.size(), 4U) << join(all, "\n");
    EXPECT_NE(all[1].find("-- '/home/.zfs/snapshot/a b' '/mnt/out/"), std::string::npos) << all[1];
    EXPECT_TRUE(all[2].ends_with(" '/mnt/out/a b'")) << all[2];
    expect_refused({.paths = {"/home/user/file"}, .to = "/mnt/none"}, ExitCode::refused,
                   "there is no directory /mnt/none to put /home/user/file into", "mkdir /mnt/none");
}

TEST_F(RestoreTest, OfTheRootToo) {
    files.entries["/.zfs/snapshot/a/etc/passwd"] = {"old"};
    runner.expect(list_of("rpool/ROOT/default"), "/\n");
    const RestoreWish wish{.snapshot = "rpool/ROOT/default@a", .paths = {"/etc/passwd"}, .overwrite = true};
    const auto opened = open_snapshot(runner, files, mounts, wish.snapshot);
    ASSERT_TRUE(opened.has_value());
    const auto world = probe_restore(files, mounts, *opened, wish, kMoment);
    ASSERT_TRUE(world.has_value());
    EXPECT_EQ(world->items[0].source, "/.zfs/snapshot/a/etc/passwd");
    EXPECT_EQ(world->items[0].target, "/etc/passwd");
    EXPECT_TRUE(plan_restore(*world, wish).has_value());
}

TEST_F(RestoreTest, WhatIsNotMountedNeedsAPlace) {
    runner.expect(list_of("rpool/ROOT/other"), "/\n");
    expect_mount("rpool/ROOT/other@a");
    files.entries["/run/kldload-restore.1/etc/passwd"] = {"old"};
    RestoreWish wish{.snapshot = "rpool/ROOT/other@a", .paths = {"/etc/passwd"}, .overwrite = true};
    const auto opened = open_snapshot(runner, files, mounts, wish.snapshot);
    ASSERT_TRUE(opened.has_value());
    const auto nowhere = probe_restore(files, mounts, *opened, wish, kMoment);
    ASSERT_FALSE(nowhere.has_value()) << "it would have replaced a file of the running system";
    EXPECT_NE(nowhere.error().hint.find("--to"), std::string::npos);
    wish.to = "/mnt/out";
    const auto world = probe_restore(files, mounts, *opened, wish, kMoment);
    ASSERT_TRUE(world.has_value());
    EXPECT_EQ(world->items[0].source, "/run/kldload-restore.1/etc/passwd");
    EXPECT_EQ(world->items[0].target, "/mnt/out/passwd");
    expect_unmount();
}

TEST_F(RestoreTest, RefusesWhatIsNotInTheSnapshot) {
    expect_refused({.paths = {"/home/user/none"}}, ExitCode::usage, "/home/user/none is not in rpool/home@a b",
                   "ksnap list");
    files.entries.erase("/home/.zfs/snapshot/a b/user/big/y");
    expect_refused({.paths = {"/home/user/big/z"}}, ExitCode::usage, "/home/user/big/z is not in rpool/home@a b",
                   "it lies on tank/big");
    expect_refused({.paths = {"/etc/passwd"}}, ExitCode::usage,
                   "/etc/passwd is not in rpool/home, which is mounted on /home", "as they are seen there");
    expect_refused({.paths = {"/homes"}}, ExitCode::usage, "/homes is not in rpool/home, which is mounted on /home",
                   "");
}

TEST_F(RestoreTest, RefusesPlacesThatAreNotTheDatasetsOwn) {
    files.entries["/home/.zfs/snapshot/a b/user/big/deep/y"] = {"hidden below the mount"};
    files.entries["/home/user/big/deep/x"] = {"of tank/big"};
    expect_refused({.paths = {"/home/user/big/y"}}, ExitCode::refused,
                   "/home/user/big/y lies on tank/big now, and the snapshot is rpool/home@a b", "--to");
    expect_refused({.paths = {"/home/user/big"}, .overwrite = true}, ExitCode::refused,
                   "tank/big is mounted on /home/user/big", "--to");
    expect_refused({.paths = {"/home/user"}, .overwrite = true}, ExitCode::refused,
                   "tank/big is mounted on /home/user/big", "--to");
    expect_refused({.paths = {"/home"}, .overwrite = true}, ExitCode::usage, "/home is the whole of rpool/home",
                   "ksnap rollback");
}

TEST_F(RestoreTest, RefusesAPlaceWhoseDirectoryIsGone) {
    expect_refused({.paths = {"/home/gone/x"}}, ExitCode::refused,
                   "there is no directory /home/gone to put /home/gone/x into", "restore that directory");
}

TEST_F(RestoreTest, RefusesTwoThatGoToOnePlace) {
    files.entries["/home/user/dir/two"] = {"now"};
    expect_refused({.paths = {"/home/user/dir", "/home/user/dir/one"}, .overwrite = true}, ExitCode::usage,
                   "/home/user/dir and /home/user/dir/one would both go to /home/user/dir", "one after the other");
    expect_refused({.paths = {"/home/user/file", "/home/user/file"}}, ExitCode::usage,
                   "/home/user/file and /home/user/file would both go to /home/user/file", "one after the other");
}

}  // namespace
}  // namespace kld::snap
