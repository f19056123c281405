// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "base/process_table.h"
#include "clone/clone.h"
#include "support/fakes.h"

namespace kld::clone::test {
namespace {

namespace fs = std::filesystem;
using datasets::Place;
using datasets::World;
using kld::test::expect_golden;

const Sharing kShares{"active", true};

World machine() {
    return {{},
            {{"rpool/ROOT/default", "/", "zfs"},
             {"rpool/home", "/home", "zfs"},
             {"rpool/srv", "/srv", "zfs"},
             {"tank", "/home/big/tank", "zfs"},
             {"tmpfs", "/run", "tmpfs"}}};
}

CopyWish wish(bool copy) {
    return {copy, "4481-99", {}};
}

Place nothing_at(const std::string& path) {
    return {path, FileKind::none, true, {}, {}};
}

void expect_refused(const Result<zfs::Plan>& plan, const std::string& part, ExitCode code = ExitCode::refused) {
    ASSERT_FALSE(plan.has_value());
    EXPECT_NE(plan.error().message.find(part), std::string::npos) << plan.error().message;
    EXPECT_EQ(plan.error().code, code);
    EXPECT_FALSE(plan.error().hint.empty());
}

TEST(CopyDirectory, SharesBlocksWithinADataset) {
    const auto plan = plan_copy(machine(), {"/home/my photos", ""}, nothing_at("/home/second"), kShares, wish(false));
    ASSERT_TRUE(plan.has_value());
    expect_golden("clone/shared.plan.txt", zfs::to_text(*plan));
    EXPECT_EQ(zfs::to_text(*plan_copy(machine(), {"/home/my photos", ""}, nothing_at("/home/second"), {"enabled", true},
                                      wish(false))),
              zfs::to_text(*plan));
}

TEST(CopyDirectory, CopiesWhenToldTo) {
    const auto plan = plan_copy(machine(), {"/home/my photos", ""}, nothing_at("/srv/second"), kShares, wish(true));
    ASSERT_TRUE(plan.has_value());
    expect_golden("clone/copied.plan.txt", zfs::to_text(*plan));
}

TEST(CopyDirectory, EachReasonNotToShareIsNamed) {
    const Source photos{"/home/photos", ""};
    const auto at = nothing_at("/home/second");
    expect_refused(plan_copy(machine(), photos, at, {"disabled", true}, wish(false)),
                   "rpool has no feature@block_cloning");
    expect_refused(plan_copy(machine(), photos, at, {"-", std::nullopt}, wish(false)), "no feature@block_cloning");
    expect_refused(plan_copy(machine(), photos, at, {"active", std::nullopt}, wish(false)), "does not clone blocks");
    expect_refused(plan_copy(machine(), photos, at, {"active", false}, wish(false)), "zfs_bclone_enabled is 0");
    expect_refused(plan_copy(machine(), photos, nothing_at("/srv/x"), kShares, wish(false)),
                   "it lies on rpool/home, and /srv/x on rpool/srv");
    expect_refused(plan_copy(machine(), {"/run/photos", ""}, nothing_at("/run/x"), kShares, wish(false)),
                   "it lies on tmpfs, not on ZFS");
    expect_refused(plan_copy(machine(), {"/home/big", ""}, at, kShares, wish(false)),
                   "tank is mounted below it, on /home/big/tank");
}

TEST(CopyDirectory, GuardsThatNoOptionLifts) {
    const Source photos{"/home/photos", ""};
    for (const bool copy : {false, true}) {
        expect_refused(
            plan_copy(machine(), photos, {"/home/x", FileKind::directory, true, {}, {}}, kShares, wish(copy)),
            "/home/x is there already");
        expect_refused(plan_copy(machine(), photos, {"/home/x", FileKind::symlink, true, {}, {}}, kShares, wish(copy)),
                       "is there already");
        expect_refused(plan_copy(machine(), photos, nothing_at("/home/photos/x"), kShares, wish(copy)),
                       "lies inside of");
        expect_refused(plan_copy(machine(), {"/", ""}, nothing_at("/x"), kShares, wish(copy)), "lies inside of");
        auto place = nothing_at("/home/a/b");
        place.missing = {"/home/a"};
        expect_refused(plan_copy(machine(), photos, place, kShares, wish(copy)), "there is no /home/a",
                       ExitCode::failed);
        expect_refused(plan_copy(machine(), {"", "rpool/backup"}, nothing_at("/home/x"), kShares, wish(copy)),
                       "rpool/backup is not mounted");
    }
    EXPECT_TRUE(plan_copy(machine(), photos, nothing_at("/home/photos2"), kShares, wish(false)).has_value());
}

class RealCopy : public ::testing::Test {
protected:
    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    std::string root = fs::canonical(directory.path()).string();
    ProcessRunner runner{};
    kld::test::CaptureEvents events{};

    std::string path(const std::string& name) const { return root + "/" + name; }
    zfs::Plan plan() {
        const auto place = datasets::look_at(path("the copy"));
        EXPECT_TRUE(place.has_value());
        auto made = plan_copy({{}, {{"tmp", "/", "ext4"}}}, {path("source"), ""}, *place, {"-", {}}, wish(true));
        EXPECT_TRUE(made.has_value());
        return *made;
    }
    void SetUp() override {
        fs::create_directories(path("source/sub"));
        ASSERT_TRUE(RealFiles().write(path("source/sub/a b"), "content"));
        fs::create_hard_link(path("source/sub/a b"), path("source/second name"));
        fs::create_symlink("sub", path("source/link"));
        ASSERT_EQ(::chmod(path("source/sub/a b").c_str(), 0640), 0);
        ASSERT_EQ(::chmod(path("source").c_str(), 02751), 0);
    }
};

TEST_F(RealCopy, KeepsModesLinksTimesAndAttributes) {
    const bool attributes = ::setxattr(path("source/sub/a b").c_str(), "user.note", "kept", 4, 0) == 0;
    const timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path("source").c_str(), times, 0), 0);
    const auto done = zfs::apply(plan(), runner, events);
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(*RealFiles().read(path("the copy/second name")), "content");
    struct stat info {};
    ASSERT_EQ(::stat(path("the copy/sub/a b").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0640U);
    EXPECT_EQ(info.st_nlink, 2U);
    ASSERT_EQ(::stat(path("the copy").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 02751U);
    EXPECT_EQ(info.st_mtim.tv_sec, 1000000000);
    EXPECT_EQ(fs::read_symlink(path("the copy/link")), "sub");
    if (attributes) {
        char value[8] = {};
        EXPECT_EQ(::getxattr(path("the copy/sub/a b").c_str(), "user.note", value, sizeof value), 4);
    }
    EXPECT_EQ(*RealFiles().list(root), (std::vector<std::string>{"source", "the copy"}));
}

TEST_F(RealCopy, WhatAKilledOneLeftIsTakenAwayFirst) {
    RealFiles files;
    const auto target = path("the copy");
    const auto dead = partial_name(target, "999999999-1"),
               alive = partial_name(target, process_mark(files, ::getpid())),
               other = path(".the copy.mine.kclone-partial"),
               of_another = partial_name(path("the copy 2"), "999999999-1");
    for (const auto& directory : {dead, alive, other, of_another}) {
        fs::create_directory(directory);
        ASSERT_TRUE(files.write(directory + "/half", "half"));
    }
    ASSERT_EQ(leftovers(files, target), std::vector<std::string>{dead});
    const auto place = datasets::look_at(target);
    const auto plan = plan_copy({{}, {{"tmp", "/", "ext4"}}}, {path("source"), ""}, *place, {"-", {}},
                                {true, "4481-99", leftovers(files, target)});
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->steps[0].text, "take away " + dead + ", which a killed kclone left");
    ASSERT_TRUE(zfs::apply(*plan, runner, events));
    EXPECT_FALSE(files.exists(dead));
    for (const auto& directory : {alive, other, of_another}) EXPECT_TRUE(files.exists(directory + "/half"));
    EXPECT_EQ(*files.read(path("the copy/second name")), "content");
    EXPECT_FALSE(files.exists(path("the copy/half")));
}

TEST_F(RealCopy, AHalfMadeCopyIsRemoved) {
    auto broken = plan();
    for (auto& step : broken.steps)
        if (step.argv[0] == "cp") step.argv = {"sh", "-c", "echo half > \"$1\"/half; exit 1", "sh", step.argv.back()};
    const auto done = zfs::apply(broken, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
    EXPECT_EQ(*RealFiles().list(root), std::vector<std::string>{"source"});
}

TEST_F(RealCopy, WhatHasComeMeanwhileIsNotOverwritten) {
    const auto made = plan();
    fs::create_directory(path("the copy"));
    ASSERT_TRUE(RealFiles().write(path("the copy/mine"), "mine"));
    const auto done = zfs::apply(made, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(*RealFiles().list(path("the copy")), std::vector<std::string>{"mine"});
    EXPECT_EQ(*RealFiles().list(root), (std::vector<std::string>{"source", "the copy"}));
}

}  // namespace
}  // namespace kld::clone::test
