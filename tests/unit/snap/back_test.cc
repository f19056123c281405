// SPDX-License-Identifier: BSD-3-Clause
// Going back of a root: nothing is given the chance to boot before it was looked at.
#include "snap/back.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC
using Names = std::vector<std::string>;

boot::Dataset environment(const std::string& name) {
    return {name, {{"mountpoint", {"/", "local"}}, {"canmount", {"noauto", "local"}}, {"origin", {"-", "-"}}}};
}

be::World sample(const std::string& running = "rpool/ROOT/default") {
    be::World world{"rpool", "rpool/ROOT", running, running};
    world.datasets = {environment(running)};
    world.snapshots = {{.name = running + "@before it", .order = 10}};
    world.mounts = {{running, "/", "zfs"}};
    world.now = kMoment;
    return world;
}

Names lines_of(const zfs::Plan& plan) {
    Names all;
    for (const auto& step : plan.steps) all.push_back(shell_line(step.argv));
    return all;
}

const Names kClone{"zfs",
                   "clone",
                   "-o",
                   "canmount=noauto",
                   "-o",
                   "mountpoint=/",
                   "-o",
                   "compression=zstd",
                   "-o",
                   "org.kldload:reason=ksnap",
                   "rpool/ROOT/default@before it",
                   "rpool/ROOT/default-back-20261127-035700"};
const Names kDestroy{"zfs", "destroy", "rpool/ROOT/default-back-20261127-035700"};
const Names kActivate{"zpool", "set", "bootfs=rpool/ROOT/default-back-20261127-035700", "rpool"};

Back back_of_sample() {
    return *plan_back(sample(), "rpool/ROOT/default@before it", {{"compression", "zstd"}});
}

TEST(Back, ClonesThenActivates) {
    const auto back = back_of_sample();
    EXPECT_EQ(back.dataset, "rpool/ROOT/default-back-20261127-035700");
    EXPECT_EQ(lines_of(whole(back)), (Names{shell_line(kClone), shell_line(kActivate)}));
    EXPECT_EQ(lines_of(back.create), (Names{shell_line(kClone)})) << "no root is touched, nothing rolled back";
}

TEST(Back, ANameDoesNotGrow) {
    const auto name = [](const std::string& environment) {
        const auto back =
            plan_back(sample("rpool/ROOT/" + environment), "rpool/ROOT/" + environment + "@before it", {});
        return back ? back->dataset.substr(11) : render(back.error());
    };
    EXPECT_EQ(name("default-back-20251127-035700"), "default-back-20261127-035700");
    EXPECT_EQ(name("default-back-20261127-035700"), "default-back-20261127-035700-2") << "that one is there";
    EXPECT_EQ(name("default-back-20251127-035700-12"), "default-back-20261127-035700");
    EXPECT_EQ(name("of this day"), "of-this-day-back-20261127-035700") << "a kernel's command line ends at a blank";
    EXPECT_EQ(name("come-back-soon"), "come-back-soon-back-20261127-035700");
    EXPECT_EQ(name("a-back-20251127-0357"), "a-back-20251127-0357-back-20261127-035700");
    EXPECT_EQ(name("a-back-20251127-035700-x"), "a-back-20251127-035700-x-back-20261127-035700");
    EXPECT_EQ(name("-back-20251127-035700"),
              "error: '-back-20251127-035700-back-20261127-035700' cannot be the name of a "
              "boot environment: programs would take it for an option\n"
              "  hint: use letters, digits and - _ . :\n");
}

TEST(Back, RefusesWhatCannotBecomeARoot) {
    EXPECT_EQ(plan_back(sample(), "rpool/ROOT/default@no", {}).error().code, ExitCode::usage);
    EXPECT_EQ(plan_back(sample(), "rpool/ROOT/none@before it", {}).error().code, ExitCode::usage);
    auto world = sample();
    world.datasets.push_back(environment("rpool/ROOT/default/var"));
    EXPECT_EQ(plan_back(world, "rpool/ROOT/default@before it", {}).error().code, ExitCode::refused);
}

class GoBack : public testing::Test {
protected:
    /// The clone is looked at: it is mounted and has no file at all.
    void expect_look() {
        runner.expect({"zpool", "sync", "rpool"});
        runner.expect({"zfs", "get", "-Hp", "-t", "filesystem", "-o", "name,property,value,source",
                       "canmount,mountpoint,readonly,origin,encryption,keyformat,keylocation,org.zfsbootmenu:active,"
                       "org.zfsbootmenu:kernel,org.zfsbootmenu:commandline,org.zfsbootmenu:rootprefix",
                       kDestroy.back()},
                      kDestroy.back() + "\tmountpoint\t/\tlocal\n" + kDestroy.back() + "\tcanmount\tnoauto\tlocal\n");
        runner.expect({"mktemp", "--directory", "/run/kldload-verify.XXXXXX"}, "/run/kldload-verify.1\n");
        runner.expect({"mount", "-t", "zfs", "-o", "zfsutil,ro", kDestroy.back(), "/run/kldload-verify.1"});
        runner.expect({"umount", "/run/kldload-verify.1"});
        runner.expect({"rmdir", "/run/kldload-verify.1"});
    }
    Result<bool> go(bool unverified) { return go_back(runner, files, events, sample(), back_of_sample(), unverified); }
    test::ReplayRunner runner;
    test::FakeFiles files;
    test::CaptureEvents events;
};

TEST_F(GoBack, WhatWouldNotBootIsDestroyedAgain) {
    runner.expect(kClone);
    expect_look();
    runner.expect(kDestroy);
    const auto done = go(false);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_EQ(done.error().message, "default-back-20261127-035700 would not boot");
    EXPECT_GT(done.error().details.size(), 1U) << "with what was found";
    EXPECT_EQ(done.error().details.back(), "the clone was destroyed again, and the next boot is the same as before");
    EXPECT_NE(done.error().hint.find("--force-unverified"), std::string::npos);
    for (const auto& told : events.told) EXPECT_NE(told, "finish");
}

TEST_F(GoBack, WhatCannotBeLookedAtIsDestroyedAgain) {
    runner.expect(kClone);
    runner.expect({"zpool", "sync", "rpool"}, {}, 1, "pool I/O is currently suspended");
    runner.expect(kDestroy);
    EXPECT_FALSE(go(false).has_value());
}

TEST_F(GoBack, ByForceWithoutALook) {
    runner.expect(kClone);
    runner.expect(kActivate);
    const auto done = go(true);
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(std::count(events.told.begin(), events.told.end(), "finish"), 1);
    EXPECT_EQ(events.told.back(), "finish");
}

TEST_F(GoBack, WhatCannotBeActivatedIsDestroyedAgain) {
    runner.expect(kClone);
    runner.expect(kActivate, {}, 1, "cannot set property");
    runner.expect(kDestroy);
    const auto done = go(true);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "the clone was destroyed again, and the next boot is the same as before");
    EXPECT_FALSE(contains(done.error().details, "nothing was changed"));
}

TEST_F(GoBack, AnEndThatCannotBeMadeGoodIsTold) {
    runner.expect(kClone);
    runner.expect(kActivate, {}, 1, "cannot set property");
    runner.expect(kDestroy, {}, 1, "dataset is busy");
    const auto done = go(true);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(),
              "could not be taken back: zfs destroy rpool/ROOT/default-back-20261127-035700");
}

TEST_F(GoBack, WithoutACloneThereIsNothingToTakeBack) {
    runner.expect(kClone, {}, 1, "out of space");
    const auto done = go(false);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

}  // namespace
}  // namespace kld::snap
