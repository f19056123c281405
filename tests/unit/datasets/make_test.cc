// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/make.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::datasets::test {
namespace {

namespace fs = std::filesystem;
using kld::test::expect_golden;

Result<zfs::Plan> plan_of(const Place& place, const MakeWish& wish = {}, World world = machine()) {
    zfs::Plan plan;
    KLD_CHECK(plan_make(world, place, wish, plan));
    return plan;
}

void expect_refused(const Result<zfs::Plan>& plan, const std::string& part, ExitCode code = ExitCode::refused) {
    ASSERT_FALSE(plan.has_value());
    EXPECT_NE(plan.error().message.find(part), std::string::npos) << plan.error().message;
    EXPECT_EQ(plan.error().code, code);
    EXPECT_FALSE(plan.error().hint.empty());
}

TEST(Make, AChild) {
    const auto plan = plan_of(nothing_at("/srv/my files"));
    ASSERT_TRUE(plan.has_value());
    expect_golden("datasets/child.plan.txt", zfs::to_text(*plan));
}

TEST(Make, WithAllWishes) {
    auto place = nothing_at("/opt/new/app");
    place.missing = {"/opt", "/opt/new"};
    place.owner = {1000, 100, 02770};
    const auto plan = plan_of(place, {true, {{"compression", "zstd"}, {"com.example:note", "a b"}}, 10ULL << 30});
    ASSERT_TRUE(plan.has_value());
    expect_golden("datasets/wishes.plan.txt", zfs::to_text(*plan));
}

TEST(Make, AnEmptyDirectoryKeepsOwnerAndMode) {
    const auto plan = plan_of({"/srv/data", FileKind::directory, true, {}, {33, 33, 0750}});
    ASSERT_TRUE(plan.has_value());
    expect_golden("datasets/empty.plan.txt", zfs::to_text(*plan));
    EXPECT_EQ(plan->steps[0].undo, (std::vector<std::string>{"install", "--directory", "--owner=33", "--group=33",
                                                             "--mode=0750", "--", "/srv/data"}));
}

TEST(Make, TheSecondPathSeesTheFirst) {
    auto world = machine();
    zfs::Plan plan;
    ASSERT_TRUE(plan_make(world, nothing_at("/srv/a"), {}, plan).has_value());
    ASSERT_TRUE(plan_make(world, nothing_at("/srv/a/b"), {}, plan).has_value());
    EXPECT_EQ(plan.steps[plan.steps.size() - 3].argv,
              (std::vector<std::string>{"zfs", "create", "-u", "-o", "org.kldload:unfinished=rpool/srv/a/b",
                                        "rpool/srv/a/b"}));
    const auto again = plan_make(world, nothing_at("/srv/a"), {}, plan);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().message, "rpool/srv/a is mounted on /srv/a already");
}

TEST(Make, WhatFailsIsTakenBack) {
    auto place = nothing_at("/srv/a/b");
    place.missing = {"/srv/a"};
    const auto plan = plan_of(place, {true, {}, {}});
    ASSERT_TRUE(plan.has_value());
    kld::test::ReplayRunner runner;
    kld::test::CaptureEvents events;
    runner.expect({"mkdir", "--", "/srv/a"});
    runner.expect({"mkdir", "--", "/srv/a/b"});
    runner.expect({"zfs", "create", "-u", "-o", "mountpoint=/srv/a/b", "-o", "org.kldload:unfinished=rpool/srv/a_b",
                   "rpool/srv/a_b"});
    runner.expect({"zfs", "mount", "rpool/srv/a_b"}, "", 1, "cannot mount '/srv/a/b': no such thing\n");
    runner.expect({"zfs", "destroy", "rpool/srv/a_b"});
    runner.expect({"rm", "--dir", "--force", "--", "/srv/a/b"});
    runner.expect({"rm", "--dir", "--force", "--", "/srv/a"});
    const auto done = zfs::apply(*plan, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

/// The machine, and in it what a killed command left of /srv/x.
World with_leftover() {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/srv/x", "/srv/x", "on"));
    world.datasets.back().properties[zfs::kUnfinished] = {"rpool/srv/x", {}};
    return world;
}

TEST(Make, FinishesWhatAKilledOneLeft) {
    const auto plan = plan_of(nothing_at("/srv/x"), {false, {{"compression", "zstd"}}, 1ULL << 30}, with_leftover());
    ASSERT_TRUE(plan.has_value());
    expect_golden("datasets/leftover.plan.txt", zfs::to_text(*plan));
    for (const auto& step : plan->steps) EXPECT_EQ(contains(step.undo, std::string("destroy")), false) << step.text;
}

TEST(Make, FinishesWhatAKilledOneLeftMounted) {
    auto world = with_leftover();
    world.mounts.push_back({"rpool/srv/x", "/srv/x", "zfs"});
    for (const bool parents : {false, true}) {
        const auto plan = plan_of({"/srv/x", FileKind::directory, true, {}, {}}, {parents, {}, {}}, world);
        ASSERT_TRUE(plan.has_value());
        ASSERT_EQ(plan->steps.size(), 1U);
        EXPECT_EQ(plan->steps[0].argv, (std::vector<std::string>{"zfs", "inherit", zfs::kUnfinished, "rpool/srv/x"}));
    }
    // Mounted there, but not what the path would become: nothing of ours.
    world.datasets.back().name = "rpool/srv/y";
    world.datasets.back().properties[zfs::kUnfinished] = {"rpool/srv/y", {}};
    world.mounts.back().source = "rpool/srv/y";
    expect_refused(plan_of({"/srv/x", FileKind::directory, true, {}, {}}, {}, world), "rpool/srv/y is mounted on");
}

TEST(Make, WhatOnlyInheritsTheMarkIsSomebodyElses) {
    auto world = with_leftover();
    world.datasets.push_back(dataset("rpool/srv/x/y", "/srv/x/y", "on"));
    world.datasets.back().properties[zfs::kUnfinished] = {"rpool/srv/x", {}};
    world.mounts.push_back({"rpool/srv/x", "/srv/x", "zfs"});
    expect_refused(plan_of(nothing_at("/srv/x/y"), {}, world), "there is already a dataset rpool/srv/x/y");
}

TEST(Make, RefusesWhatIsThere) {
    expect_refused(plan_of({"/srv/data", FileKind::directory, false, {}, {}}), "is a directory that is not empty");
    expect_refused(plan_of({"/srv/data", FileKind::regular, false, {}, {}}), "is no directory");
    expect_refused(plan_of({"/srv/data", FileKind::symlink, false, {}, {}}), "is no directory");
    expect_refused(plan_of({"/home", FileKind::directory, true, {}, {}}), "rpool/home is mounted on /home already");
}

TEST(Make, WithParentsADatasetThatIsThereIsNoError) {
    const auto plan = plan_of({"/home", FileKind::directory, false, {}, {}}, {true, {}, {}});
    ASSERT_TRUE(plan.has_value());
    EXPECT_TRUE(plan->steps.empty());
    expect_refused(plan_of({"/srv/data", FileKind::directory, false, {}, {}}, {true, {}, {}}), "not empty");
}

TEST(Make, RefusesTheSystemAndOtherFileSystems) {
    expect_refused(plan_of(nothing_at("/usr/share/big")), "belongs to the boot environment");
    expect_refused(plan_of(nothing_at("/run/cache")), "/run/cache lies on tmpfs, not on ZFS");
    expect_refused(plan_of(nothing_at("/run/kldload/be/other/srv/x")), "which does not run");
}

TEST(Make, RefusesMissingParentsWithoutTheOption) {
    auto place = nothing_at("/srv/a/b/c");
    place.missing = {"/srv/a", "/srv/a/b"};
    expect_refused(plan_of(place), "there is no /srv/a/b", ExitCode::failed);
}

TEST(Make, RefusesPropertiesThatThePathDecides) {
    expect_refused(plan_of(nothing_at("/srv/x"), {false, {{"mountpoint", "/y"}}, {}}), "mountpoint", ExitCode::usage);
    expect_refused(plan_of(nothing_at("/srv/x"), {false, {{"canmount", "off"}}, {}}), "canmount", ExitCode::usage);
}

class Look : public ::testing::Test {
protected:
    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    std::string path(const std::string& name) const { return fs::canonical(directory.path()).string() + "/" + name; }
    mode_t before = ::umask(027);
    void TearDown() override { ::umask(before); }
};

TEST_F(Look, NothingGetsWhatMkdirGives) {
    const auto place = look_at(path("new dir/"));
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(place->path, path("new dir"));
    EXPECT_EQ(place->kind, FileKind::none);
    EXPECT_TRUE(place->missing.empty());
    EXPECT_EQ(place->owner.mode, 0750U);
    EXPECT_EQ(place->owner.user, ::geteuid());
}

TEST_F(Look, TheGroupOfASetGroupIdDirectoryIsHandedDown) {
    fs::create_directory(path("team"));
    ASSERT_EQ(::chmod(path("team").c_str(), 02775), 0);
    struct stat info {};
    ASSERT_EQ(::stat(path("team").c_str(), &info), 0);
    const auto place = look_at(path("team/a/b"));
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(place->missing, std::vector<std::string>{path("team/a")});
    EXPECT_EQ(place->owner.mode, 02750U);
    EXPECT_EQ(place->owner.group, info.st_gid);
}

TEST_F(Look, DirectoriesFilesAndLinks) {
    fs::create_directory(path("empty"));
    ASSERT_EQ(::chmod(path("empty").c_str(), 01711), 0);
    EXPECT_TRUE(look_at(path("empty"))->empty);
    EXPECT_EQ(look_at(path("empty"))->owner.mode, 01711U);
    fs::create_directories(path("full/x"));
    EXPECT_FALSE(look_at(path("full"))->empty);
    fs::create_directory_symlink(path("full"), path("link"));
    EXPECT_EQ(look_at(path("link"))->kind, FileKind::symlink);
    EXPECT_EQ(look_at(path("link/y"))->path, path("full/y"));
    EXPECT_EQ(look_at(path("full/x/../z"))->path, path("full/z"));
    EXPECT_EQ(look_at(path("full/x/.."))->path, path("full"));
    ASSERT_TRUE(RealFiles().write(path("file"), "x"));
    EXPECT_FALSE(look_at(path("file/x")).has_value());
    EXPECT_EQ(look_at("").error().code, ExitCode::usage);
}

}  // namespace
}  // namespace kld::datasets::test
