// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "press.h"
#include "worlds.h"

namespace kld::menu {
namespace {

/// The second of two environments is selected and its snapshots are shown.
State with_snapshots() {
    State state(5);
    state.found(two_entries());
    const auto action = type(state, "jB");
    EXPECT_EQ(action.kind, ActionKind::list_snapshots);
    EXPECT_EQ(action.entry, 1U);
    state.working("Reading ...");
    state.show_snapshots("rpool/ROOT/before-upgrade", {{"newest", 300}, {"older", 200}});
    return state;
}

}  // namespace

TEST(StateViews, ASnapshotIsStartedOnceOrBecomesTheDefault) {
    auto state = with_snapshots();
    EXPECT_EQ(type(state, "j\r").kind, ActionKind::none) << "first it says what will happen";
    EXPECT_EQ(state.view(), View::confirm);
    auto action = type(state, "\r");
    EXPECT_EQ(action.kind, ActionKind::clone);
    EXPECT_EQ(action.entry, 1U);
    EXPECT_EQ(action.snapshot, "older");
    EXPECT_FALSE(action.make_default);
    action = type(state, "d");
    EXPECT_EQ(action.kind, ActionKind::clone);
    EXPECT_TRUE(action.make_default);
}

TEST(StateViews, EveryStepBackIsPossible) {
    auto state = with_snapshots();
    type(state, "\r");
    state.press({KeyKind::escape});
    EXPECT_EQ(state.view(), View::snapshots);
    EXPECT_EQ(type(state, "x").kind, ActionKind::none);
    state.press({KeyKind::escape});
    EXPECT_EQ(state.view(), View::list);
}

TEST(StateViews, AnEnvironmentWithoutSnapshotsSaysSo) {
    State state(5);
    state.found(two_entries());
    state.working("Reading ...");
    state.show_snapshots("rpool/ROOT/default", {});
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(state.notice_text(), "rpool/ROOT/default has no snapshot to go back to.");
}

TEST(StateViews, SnapshotsOfAnotherOneAreNotOffered) {
    State state(5);
    state.found(two_entries());
    state.working("Reading ...");
    state.show_snapshots("rpool/ROOT/gone", {{"newest", 300}});
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(state.notice_text(), "rpool/ROOT/gone is not there any more.");
}

TEST(StateViews, KeysDoNothingWhileSomethingIsBeingDone) {
    auto state = with_snapshots();
    state.working("Making a boot environment ...");
    EXPECT_EQ(type(state, "\rRPp").kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::working);
    state.notice("done");
    EXPECT_EQ(state.view(), View::list);
}

TEST(StateViews, WhatWasMadeBootsWhenItIsThere) {
    auto state = with_snapshots();
    state.await("rpool/ROOT/made");
    EXPECT_EQ(state.found(two_entries()).kind, ActionKind::none) << "not yet";
    EXPECT_EQ(state.view(), View::working);
    auto world = two_entries();
    world.entries.push_back(entry_named("rpool/ROOT/made"));
    const auto action = state.found(world);
    EXPECT_EQ(action.kind, ActionKind::boot);
    EXPECT_EQ(action.entry, 2U);
    EXPECT_EQ(action.kernel, 1U);
    EXPECT_EQ(state.found(world).kind, ActionKind::none) << "once";
}

TEST(StateViews, WhatWasMadeAndDoesNotComeIsNamed) {
    auto state = with_snapshots();
    state.await("rpool/ROOT/made");
    for (int second = 0; second < 60; ++second) EXPECT_EQ(state.tick().kind, ActionKind::none);
    ASSERT_EQ(state.view(), View::message);
    EXPECT_EQ(state.message()[0], "rpool/ROOT/made is not listed; S searches again.");
    auto world = two_entries();
    world.entries.push_back(entry_named("rpool/ROOT/made"));
    EXPECT_EQ(state.found(world).kind, ActionKind::none) << "nobody waits for it any more";
}

TEST(StateViews, SnapshotsOfAnEnvironmentThatVanishesGoWithIt) {
    auto state = with_snapshots();
    World world;
    world.entries = {entry_named("rpool/ROOT/default")};
    state.found(world);
    EXPECT_EQ(state.view(), View::list);
}

TEST(StateViews, DefaultStatusAndLogs) {
    State state(5);
    state.found(two_entries());
    const auto action = type(state, "jD");
    EXPECT_EQ(action.kind, ActionKind::set_default);
    EXPECT_EQ(action.entry, 1U);
    EXPECT_EQ(type(state, "z").kind, ActionKind::pool_status);
    state.show_text(Pager("zpool status", "fine"));
    EXPECT_EQ(type(state, "L").kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::text);
    type(state, "q");
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(type(state, "l").kind, ActionKind::log);
    state.show_text(Pager("log", "fine"), ActionKind::kernel_log);
    EXPECT_EQ(type(state, "L").kind, ActionKind::kernel_log);
}

TEST(StateViews, StatusAndLogsAreThereWithNothingToBoot) {
    State state(5);
    state.found(World{});
    EXPECT_EQ(type(state, "Z").kind, ActionKind::pool_status);
    EXPECT_EQ(type(state, "L").kind, ActionKind::log);
}

}  // namespace kld::menu
