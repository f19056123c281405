// SPDX-License-Identifier: BSD-3-Clause
// What each change to boot environments would do, and what it refuses.
#include "be/changes.h"

#include "be/listing.h"
#include "worlds.h"

namespace kld::be {
namespace {

TEST(Create, SnapshotsAndClonesTheRunningOneWithAllItsProperties) {
    EXPECT_EQ(commands(plan_create(sample(), "new", {},
                                   {{"compression", "lz4"}, {"org.zfsbootmenu:commandline", "quiet splash"}},
                                   {{"compression", "zstd"}})),
              (Lines{"zfs snapshot -o org.kldload:reason=kbe rpool/ROOT/default@kbe-20261127-035700",
                     "zfs clone -o canmount=noauto -o mountpoint=/ -o 'org.zfsbootmenu:commandline=quiet splash' -o "
                     "compression=zstd rpool/ROOT/default@kbe-20261127-035700 rpool/ROOT/new"}));
}

TEST(Create, TakesASnapshotThatIsThere) {
    EXPECT_EQ(commands(plan_create(sample(), "new", "other@a", {}, {})),
              (Lines{"zfs clone -o canmount=noauto -o mountpoint=/ rpool/ROOT/other@a rpool/ROOT/new"}));
    expect_refused(plan_create(sample(), "new", "other@nothing", {}, {}), ExitCode::usage, "rpool/ROOT/other@nothing");
}

TEST(Create, RefusesWhatCannotBe) {
    expect_refused(plan_create(sample(), "other", {}, {}, {}), ExitCode::refused, "already a boot environment other");
    expect_refused(plan_create(sample(), "a/b", {}, {}, {}), ExitCode::usage, "a/b");
    expect_refused(plan_create(sample(), "a b", {}, {}, {}), ExitCode::usage, "command line");
    expect_refused(plan_create(sample(), "new", "nothing", {}, {}), ExitCode::usage, "nothing");
    expect_refused(plan_create(sample(), "new", {}, {}, {{"mountpoint", "/x"}}), ExitCode::usage, "mountpoint");
    expect_refused(plan_create(sample(), std::string(250, 'x'), {}, {}, {}), ExitCode::usage, "ZFS takes 255");
    auto world = sample();
    world.datasets.push_back(environment("rpool/ROOT/default/var"));
    expect_refused(plan_create(world, "new", {}, {}, {}), ExitCode::refused, "rpool/ROOT/default/var");
    world = sample();
    world.running.clear();
    expect_refused(plan_create(world, "new", {}, {}, {}), ExitCode::usage, "no boot environment runs here");
}

TEST(Create, ASnapshotOfItsOwn) {
    EXPECT_EQ(commands(plan_snapshot(sample(), "default@before")), (Lines{"zfs snapshot rpool/ROOT/default@before"}));
    expect_refused(plan_snapshot(sample(), "default@held"), ExitCode::refused, "default@held");
    expect_refused(plan_snapshot(sample(), "default@"), ExitCode::usage, "empty");
    expect_refused(plan_snapshot(sample(), "nothing@x"), ExitCode::usage, "nothing");
}

TEST(Activate, SetsWhatBootsNext) {
    const auto plan = plan_activate(sample(), "other");
    EXPECT_EQ(commands(plan), (Lines{"zpool set bootfs=rpool/ROOT/other rpool"}));
    EXPECT_EQ(shell_line(plan->steps[0].undo), "zpool set bootfs=rpool/ROOT/default rpool");
    EXPECT_EQ(commands(plan_activate(sample(), "default")), Lines{});
    expect_refused(plan_activate(sample(), "nothing"), ExitCode::usage, "nothing");
}

TEST(Activate, MendsARootThatWouldMountItself) {
    auto world = sample();
    world.datasets[1].properties["canmount"] = {"on", "default"};
    EXPECT_EQ(commands(plan_activate(world, "other")),
              (Lines{"zfs set canmount=noauto rpool/ROOT/other", "zpool set bootfs=rpool/ROOT/other rpool"}));
}

TEST(Activate, WhatIsNoRootIsNoBootEnvironment) {
    auto world = sample();
    world.datasets[1].properties["mountpoint"] = {"none", "inherited from rpool"};
    expect_refused(plan_activate(world, "other"), ExitCode::usage, "its mountpoint is none");
}

TEST(Destroy, TakesSnapshotsAlongAndSaysWhich) {
    const auto plan = plan_destroy(sample(), "third", {});
    EXPECT_EQ(commands(plan), (Lines{"zfs destroy rpool/ROOT/third"}));
    EXPECT_EQ(plan->warnings, (Lines{"its origin rpool/ROOT/other@b stays; -o destroys it, too"}));
    auto world = sample();
    world.snapshots.push_back({.name = "rpool/ROOT/third@x", .order = 30});
    const auto more = plan_destroy(world, "third", {});
    EXPECT_EQ(commands(more), (Lines{"zfs destroy -r rpool/ROOT/third"}));
    EXPECT_EQ(more->warnings,
              (Lines{"1 of its snapshots go with it: x", "its origin rpool/ROOT/other@b stays; -o destroys it, too"}));
}

TEST(Destroy, PromotesWhatWasClonedFromIt) {
    const auto plan = plan_destroy(sample(), "other", {});
    EXPECT_EQ(commands(plan), (Lines{"zfs promote rpool/ROOT/third", "zfs destroy -r rpool/ROOT/other"}));
    EXPECT_EQ(plan->warnings, (Lines{"1 of its snapshots go with it: c"})) << "the older ones move to the clone";
}

TEST(Destroy, TheOriginGoesWhenNobodyElseNeedsIt) {
    auto world = sample();
    EXPECT_EQ(commands(plan_destroy(world, "third", {.origin = true})),
              (Lines{"zfs destroy rpool/ROOT/third", "zfs destroy rpool/ROOT/other@b"}));
    world.snapshots[3].clones.emplace_back("rpool/ROOT/fourth");
    EXPECT_EQ(commands(plan_destroy(world, "third", {.origin = true})), (Lines{"zfs destroy rpool/ROOT/third"}));
    world = sample();
    world.snapshots[3].holds = 1;
    expect_refused(plan_destroy(world, "third", {.origin = true}), ExitCode::refused, "is held");
}

TEST(Destroy, RefusesWhatIsNeeded) {
    expect_refused(plan_destroy(sample(), "default", {}), ExitCode::refused, "it is the one that runs");
    auto world = sample();
    world.next = "rpool/ROOT/other";
    expect_refused(plan_destroy(world, "other", {}), ExitCode::refused, "it is the one that boots next");
    world = sample();
    world.datasets.push_back(environment("rpool/ROOT/third/var"));
    expect_refused(plan_destroy(world, "third", {}), ExitCode::refused, "rpool/ROOT/third/var");
    world = sample();
    world.snapshots[4].holds = 1;
    expect_refused(plan_destroy(world, "other", {}), ExitCode::refused, "other@c is held");
    expect_refused(plan_destroy(sample(), "nothing", {}), ExitCode::usage, "nothing");
}

TEST(Trial, TheOneOnTrialKeepsItsNameAndItsPlace) {
    auto world = sample();
    world.trial = boot::Trial{1, 7, "rpool/ROOT/third", 2, 3, false};
    expect_refused(plan_destroy(world, "third", {}), ExitCode::refused, "it is on trial");
    expect_refused(plan_rename(world, "third", "x"), ExitCode::refused, "on trial under this name");
    EXPECT_NE(to_tabs(list_environments(world, {})).find("\nthird\tT\t"), std::string::npos);
    world.trial->left = 0;
    EXPECT_EQ(commands(plan_destroy(world, "third", {})), (Lines{"zfs destroy rpool/ROOT/third"}));
    EXPECT_NE(to_tabs(list_environments(world, {})).find("\nthird\t-\t"), std::string::npos);
}

TEST(Destroy, AMountedOneOnlyByForce) {
    auto world = sample();
    world.mounts.push_back({"rpool/ROOT/third", "/mnt/my place", "zfs"});
    expect_refused(plan_destroy(world, "third", {}), ExitCode::refused, "mounted on /mnt/my place");
    EXPECT_EQ(commands(plan_destroy(world, "third", {.force = true})),
              (Lines{"umount '/mnt/my place'", "zfs destroy rpool/ROOT/third"}));
}

TEST(Destroy, ASnapshot) {
    EXPECT_EQ(commands(plan_destroy(sample(), "other@a", {})), (Lines{"zfs destroy rpool/ROOT/other@a"}));
    expect_refused(plan_destroy(sample(), "default@held", {}), ExitCode::refused, "is held");
    expect_refused(plan_destroy(sample(), "other@b", {}), ExitCode::refused, "rpool/ROOT/third was cloned");
    expect_refused(plan_destroy(sample(), "other@nothing", {}), ExitCode::usage, "other@nothing");
}

TEST(Rename, KeepsWhatIsMounted) {
    EXPECT_EQ(commands(plan_rename(sample(), "default", "old")),
              (Lines{"zfs rename -u rpool/ROOT/default rpool/ROOT/old"}));
    auto world = sample();
    for (auto& dataset : world.datasets)
        if (dataset.name == "rpool/ROOT/other") dataset.properties[kReason] = {"ksnap", "local"};
    EXPECT_EQ(commands(plan_rename(world, "other", "mine")), (Lines{"zfs rename -u rpool/ROOT/other rpool/ROOT/mine",
                                                                    "zfs inherit org.kldload:reason rpool/ROOT/mine"}))
        << "a person has given it a name: kbe prune leaves it alone";
    expect_refused(plan_rename(sample(), "default", "other"), ExitCode::refused, "already");
    expect_refused(plan_rename(sample(), "nothing", "x"), ExitCode::usage, "nothing");
    expect_refused(plan_rename(sample(), "other", "a@b"), ExitCode::usage, "a@b");
}

TEST(Mount, LeavesPropertiesAlone) {
    EXPECT_EQ(commands(plan_mount(sample(), "other", {}, false, false)),
              (Lines{"mkdir -p -m 0700 /run/kldload/be/other",
                     "mount -t zfs -o zfsutil rpool/ROOT/other /run/kldload/be/other"}));
    EXPECT_EQ(commands(plan_mount(sample(), "other", "/mnt/x y", true, true)),
              (Lines{"mount -t zfs -o zfsutil,ro rpool/ROOT/other '/mnt/x y'"}));
    expect_refused(plan_mount(sample(), "default", {}, false, false), ExitCode::refused, "mounted on / already");
    auto world = sample();
    world.datasets[1].properties["keystatus"] = {"unavailable", "-"};
    expect_refused(plan_mount(world, "other", {}, false, false), ExitCode::refused, "key is not loaded");
}

TEST(Mount, OfALegacyDatasetIsNoWorkOfZfsutil) {
    auto world = sample();
    world.datasets[1].properties["mountpoint"] = {"legacy", "local"};
    world.datasets[1].properties["org.zfsbootmenu:active"] = {"on", "local"};
    EXPECT_EQ(commands(plan_mount(world, "other", "/mnt", false, true)),
              (Lines{"mount -t zfs -o rw rpool/ROOT/other /mnt"}));
    world.mounts.push_back({"rpool/ROOT/other", "/mnt", "zfs"});
    world.datasets.pop_back();
    world.snapshots.clear();
    const auto destroyed = plan_destroy(world, "other", {.force = true});
    ASSERT_TRUE(destroyed.has_value()) << render(destroyed.error());
    EXPECT_EQ(shell_line(destroyed->steps[0].undo), "mount -t zfs -o rw rpool/ROOT/other /mnt");
}

TEST(Unmount, RemovesAPlaceOfOurOwnAlone) {
    auto world = sample();
    expect_refused(plan_unmount(world, "other", false), ExitCode::usage, "not mounted");
    expect_refused(plan_unmount(world, "default", true), ExitCode::refused, "runs");
    world.mounts.push_back({"rpool/ROOT/other", "/run/kldload/be/other", "zfs"});
    EXPECT_EQ(commands(plan_unmount(world, "other", false)),
              (Lines{"umount /run/kldload/be/other", "rmdir /run/kldload/be/other"}));
    world.mounts.back().target = "/mnt";
    EXPECT_EQ(commands(plan_unmount(world, "other", true)), (Lines{"umount --lazy --force /mnt"}));
}

TEST(Streams, CarryPropertiesAndBecomeABootEnvironment) {
    const auto sent = plan_export(sample(), "other");
    ASSERT_TRUE(sent);
    EXPECT_EQ(shell_line(sent->snapshot.argv),
              "zfs snapshot -o org.kldload:reason=kbe rpool/ROOT/other@export-20261127-035700");
    EXPECT_EQ(shell_line(sent->snapshot.undo), "zfs destroy rpool/ROOT/other@export-20261127-035700");
    EXPECT_EQ(shell_line(sent->send), "zfs send -p -L -c rpool/ROOT/other@export-20261127-035700");
    const auto received = plan_import(sample(), "new");
    ASSERT_TRUE(received);
    EXPECT_EQ(shell_line(received->argv), "zfs receive -u -o canmount=noauto -o mountpoint=/ rpool/ROOT/new");
    EXPECT_FALSE(plan_import(sample(), "other"));
    EXPECT_FALSE(plan_export(sample(), "nothing"));
}

TEST(Streams, OfAnEncryptedOneSayWhatBecomesOfIt) {
    auto world = sample();
    world.datasets[1].properties["keystatus"] = {"available", "-"};
    expect_refused(plan_export(world, "other"), ExitCode::refused, "other is encrypted");
    const auto raw = plan_export(world, "other", {.raw = true});
    ASSERT_TRUE(raw);
    EXPECT_EQ(shell_line(raw->send), "zfs send -w -p rpool/ROOT/other@export-20261127-035700");
    EXPECT_TRUE(raw->warnings.empty());
    // zfs(8) refuses properties of an encrypted dataset that is sent readable.
    const auto plain = plan_export(world, "other", {.plain = true});
    ASSERT_TRUE(plain);
    EXPECT_EQ(shell_line(plain->send), "zfs send -L -c rpool/ROOT/other@export-20261127-035700");
    EXPECT_EQ(plain->warnings.size(), 1U);
    world.datasets[1].properties["keystatus"] = {"unavailable", "-"};
    expect_refused(plan_export(world, "other", {.plain = true}), ExitCode::refused, "its key is not loaded");
    EXPECT_TRUE(plan_export(world, "other", {.raw = true}));
    EXPECT_EQ(shell_line(plan_export(sample(), "other", {.raw = true})->send),
              "zfs send -p -L -c rpool/ROOT/other@export-20261127-035700")
        << "there is nothing to keep";
}

TEST(List, ShowsWhatRunsAndWhatBootsNext) {
    auto world = sample();
    world.next = "rpool/ROOT/other";
    world.datasets.push_back({"rpool/ROOT/data", {{"mountpoint", {"none", "local"}}, {"creation", {"5", "-"}}}});
    const auto tabs = to_tabs(list_environments(world, {}));
    EXPECT_TRUE(tabs.starts_with("default\tN\t/\t1000\t1795751820\trpool/ROOT/default\tyes\tno\t2000\t-\t")) << tabs;
    EXPECT_NE(tabs.find("\nother\tR\t-\t1000\t"), std::string::npos) << tabs;
    EXPECT_EQ(tabs.find("data"), std::string::npos);
    EXPECT_TRUE(to_tabs(list_environments(world, {.all = true})).starts_with("data\t-\t-\t"));
    EXPECT_NE(to_tabs(list_environments(world, {.alone = true})).find("\nother\tR\t-\t2010\t"), std::string::npos);
    const auto snapshots = to_tabs(list_environments(world, {.snapshots = true}));
    EXPECT_NE(snapshots.find("\ndefault@kbe-1\t"), std::string::npos) << snapshots;
}

}  // namespace
}  // namespace kld::be
