// SPDX-License-Identifier: BSD-3-Clause
#include "snap/create.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC
using Names = std::vector<std::string>;

const std::vector<zfs::Mount> kMounts{{"rpool/ROOT/default", "/", "zfs"},
                                      {"rpool/home", "/home", "zfs"},
                                      {"tank/data", "/srv/data", "zfs"},
                                      {"rpool/var/log", "/var/log", "zfs"},
                                      {"rpool/var/cache", "/var/cache", "zfs"},
                                      {"rpool/apt", "/var/cache/apt", "zfs"},
                                      {"rpool/var/tmp", "/var/tmp", "zfs"},
                                      {"rpool/ROOT/other", "/run/kldload/be/other", "zfs"},
                                      {"rpool/home@a", "/home/.zfs/snapshot/a", "zfs"},
                                      {"rpool/home", "/export", "zfs"},
                                      {"tmpfs", "/tmp", "tmpfs"}};

boot::Dataset dataset(const std::string& name, const std::string& mountpoint) {
    return {name, {{"mountpoint", {mountpoint, "local"}}}};
}

Names commands(const Result<Creation>& creation) {
    if (!creation) return {render(creation.error())};
    Names all;
    for (const auto& step : creation->plan.steps) all.push_back(shell_line(step.argv));
    return all;
}

TEST(UsualDatasets, AreTheRootAndWhatIsMountedOfItsPool) {
    EXPECT_EQ(usual_datasets(kMounts, {dataset("rpool/ROOT/default", "/"), dataset("rpool/ROOT/other", "/"),
                                       dataset("rpool/home", "/home")}),
              (Names{"rpool/ROOT/default", "rpool/home", "rpool/var/log"}));
}

TEST(UsualDatasets, NoneWhereTheRootIsNoZfs) {
    const auto none = usual_datasets({{"/dev/vda1", "/", "ext4"}, {"tank/data", "/srv", "zfs"}}, {});
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code, ExitCode::usage);
    EXPECT_FALSE(none.error().hint.empty());
    test::ReplayRunner runner;
    EXPECT_FALSE(read_usual_datasets(runner, {{"/dev/vda1", "/", "ext4"}}).has_value()) << "and nobody is asked";
}

TEST(UsualDatasets, AreAskedForOfOnePool) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "get", "-Hp", "-r", "-t", "filesystem", "-o", "name,property,value,source",
                   "mountpoint,org.zfsbootmenu:active", "rpool"},
                  "rpool/ROOT/other\tmountpoint\t/\tlocal\nrpool/home\tmountpoint\t/home\tlocal\n");
    EXPECT_EQ(read_usual_datasets(runner, kMounts), (Names{"rpool/ROOT/default", "rpool/home", "rpool/var/log"}));
}

TEST(Create, OneCommandForAllDatasetsOfAPool) {
    const auto creation = plan_create({"before it", {"rpool/a", "tank/x", "rpool/b c", "rpool/a"}}, {}, kMoment);
    EXPECT_EQ(commands(creation),
              (Names{"zfs snapshot -o org.kldload:reason=ksnap 'rpool/a@before it' 'rpool/b c@before it'",
                     "zfs snapshot -o org.kldload:reason=ksnap 'tank/x@before it'"}));
    EXPECT_EQ(creation->snapshots, (Names{"rpool/a@before it", "tank/x@before it", "rpool/b c@before it"}));
    EXPECT_EQ(creation->plan.warnings.size(), 1U) << "two pools have no moment in common";
    EXPECT_TRUE(plan_create({"x", {"rpool/a", "rpool/b"}}, {}, kMoment)->plan.warnings.empty());
}

TEST(Create, TheUsualNameIsFreeOnAllDatasets) {
    EXPECT_EQ(commands(plan_create({{}, {"rpool/a", "rpool/b"}},
                                   {"rpool/b@manual-20261127-035700", "rpool/a@manual-20261127-035700-2"}, kMoment)),
              (Names{"zfs snapshot -o org.kldload:reason=ksnap rpool/a@manual-20261127-035700-3 "
                     "rpool/b@manual-20261127-035700-3"}));
}

TEST(Create, WithAllBelowNamesEachOnce) {
    EXPECT_EQ(commands(plan_create({"x", {"rpool/a/b", "rpool/a", "rpool/ab", "rpool/a"}, true}, {}, kMoment)),
              (Names{"zfs snapshot -r -o org.kldload:reason=ksnap rpool/a@x rpool/ab@x"}));
    EXPECT_EQ(commands(plan_create({"x", {"rpool/a/b", "rpool/a"}}, {}, kMoment)),
              (Names{"zfs snapshot -o org.kldload:reason=ksnap rpool/a/b@x rpool/a@x"}));
}

TEST(Create, RefusesANameThatIsTakenOrThatZfsDoesNotTake) {
    const auto taken = plan_create({"x", {"rpool/a", "rpool/b"}}, {"rpool/b@x"}, kMoment);
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().code, ExitCode::refused);
    EXPECT_EQ(taken.error().message, "there is already a snapshot rpool/b@x");
    EXPECT_FALSE(taken.error().hint.empty());
    EXPECT_EQ(plan_create({"a,b", {"rpool/a"}}, {}, kMoment).error().code, ExitCode::usage);
    EXPECT_EQ(plan_create({"-x", {"rpool/a"}}, {}, kMoment).error().code, ExitCode::usage);
    EXPECT_EQ(plan_create({std::string(250, 'x'), {"rpool/a"}}, {}, kMoment).error().code, ExitCode::usage);
}

TEST(Create, AsksForTheNamesThatCouldCollide) {
    test::ReplayRunner runner;
    runner.expect(
        {"zfs", "list", "-H", "-o", "name", "-s", "name", "-t", "snapshot", "-d", "1", "rpool/a", "rpool/b c"},
        "rpool/a@1\nrpool/b c@2\n");
    EXPECT_EQ(read_taken(runner, {{}, {"rpool/a", "rpool/b c"}}), (Names{"rpool/a@1", "rpool/b c@2"}));
    runner.expect({"zfs", "list", "-H", "-o", "name", "-s", "name", "-t", "snapshot", "-r", "rpool/a"}, {}, 1,
                  "cannot open 'rpool/a': dataset does not exist");
    const auto failed = read_taken(runner, {{}, {"rpool/a"}, true});
    ASSERT_FALSE(failed.has_value());
    EXPECT_FALSE(failed.error().hint.empty());
}

}  // namespace
}  // namespace kld::snap
