// SPDX-License-Identifier: BSD-3-Clause
// What the menu makes of a boot environment on trial.
#include "menu/trials.h"

#include <gtest/gtest.h>

#include "menu/render.h"
#include "menu/state.h"
#include "unit/menu/worlds.h"

namespace kld::menu {
namespace {

constexpr const char* kTried = "rpool/ROOT/before-upgrade";  // not the default

FoundTrial trial(unsigned left, bool once = false) {
    return {{9, 1, kTried, left, once ? 1U : 3U, once}, {"/dev/vda1"}};
}

TEST(Trials, TheOneOnTrialIsTheDefaultAsLongAsItHasTries) {
    for (const unsigned left : {3U, 1U}) {
        auto world = two_entries();
        apply_trial(trial(left), world);
        ASSERT_TRUE(world.trial);
        EXPECT_EQ(world.default_entry, 1U);
        EXPECT_EQ(world.trial->good, 0U);
        EXPECT_TRUE(world.problems.empty());
    }
}

TEST(Trials, WithoutTriesTheLastGoodOneBootsAndSaysSo) {
    auto world = two_entries();
    apply_trial(trial(0), world);
    EXPECT_FALSE(world.trial);
    EXPECT_EQ(world.default_entry, 0U);
    ASSERT_EQ(world.problems.size(), 1U);
    EXPECT_EQ(world.problems[0],
              "rpool/ROOT/before-upgrade did not prove itself in 3 tries: rpool/ROOT/default boots instead");
}

TEST(Trials, OneBootThatIsOverIsNothingToSay) {
    auto world = two_entries();
    apply_trial(trial(0, true), world);
    EXPECT_FALSE(world.trial);
    EXPECT_TRUE(world.problems.empty());
}

TEST(Trials, WhatIsNotThereIsTold) {
    auto world = two_entries();
    auto found = trial(3);
    found.record.dataset = "rpool/ROOT/gone";
    apply_trial(found, world);
    EXPECT_FALSE(world.trial);
    EXPECT_EQ(world.default_entry, 0U);
    EXPECT_EQ(world.problems.at(0),
              "rpool/ROOT/gone is on trial, but cannot be booted: rpool/ROOT/default boots instead");
    world = two_entries();
    found = trial(3);
    found.record.pool_guid = 2;  // of the same name in another pool
    apply_trial(found, world);
    EXPECT_FALSE(world.trial);
}

TEST(Trials, AnEndedOneAndNoneAreNothing) {
    for (const auto& found : {std::optional<FoundTrial>{}, std::optional<FoundTrial>{FoundTrial{{}, {"/dev/vda1"}}}}) {
        auto world = two_entries();
        apply_trial(found, world);
        EXPECT_FALSE(world.trial);
        EXPECT_EQ(world.default_entry, 0U);
        EXPECT_TRUE(world.problems.empty());
    }
}

TEST(Trials, OneThatHasBecomeTheDefaultIsNoneAnyMore) {
    auto world = two_entries();
    world.default_entry = 1;
    apply_trial(trial(2), world);
    EXPECT_FALSE(world.trial);
}

TEST(Trials, EachTryCounts) {
    auto record = trial(2).record;
    record = one_less(record);
    EXPECT_EQ(record.left, 1U);
    EXPECT_EQ(record.sequence, 10U);
    record = one_less(one_less(record));
    EXPECT_EQ(record.left, 0U) << "never below";
}

TEST(Trials, TheKernelRestartsAfterAPanicAndKnowsThatItIsOne) {
    EXPECT_EQ(trial_arguments(trial(3).record), " panic=10 systemd.watchdog_sec=60 kldload.trial=9");
    EXPECT_EQ(trial_arguments(trial(1, true).record), " panic=10 systemd.watchdog_sec=60 kldload.once");
}

TEST(Trials, ARecordThatNoPartitionTakesIsAnError) {
    const auto done = write_trial({trial(3).record, {}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "the record of the trial could not be written");
}

TEST(Trials, AreShownInTheList) {
    State state(5);
    auto world = two_entries();
    apply_trial(trial(2), world);
    state.found(std::move(world));
    const auto screen = render(state, "title");
    std::string all;
    for (const auto& row : screen.rows) all += row + "\n";
    EXPECT_NE(all.find("[trial 2 of 3]"), std::string::npos) << all;
    EXPECT_EQ(all.find("[default]"), std::string::npos) << all;
}

TEST(Trials, ALongNameDoesNotPushItsMarkOffTheScreen) {
    State state(5);
    auto world = two_entries();
    world.entries[1].dataset = "rpool/ROOT/default-back-20261127-051159";
    auto found = trial(1);
    found.record.dataset = world.entries[1].dataset;
    apply_trial(found, world);
    state.found(std::move(world));
    const auto screen = render(state, "title");
    std::string all;
    for (const auto& row : screen.rows) all += row + "\n";
    EXPECT_NE(all.find("rpool/ROOT/default-back-20261127-051159 [trial 3 of 3] 6.12"), std::string::npos) << all;
}

TEST(Trials, OneThatCannotBeStartedGivesWayToTheLastGoodOne) {
    State state(5);
    auto world = two_entries();
    apply_trial(trial(2), world);
    state.found(std::move(world));
    EXPECT_EQ(state.selected(), 1U);
    state.show_message({"The kernel was not started:"});
    state.end_trial();
    EXPECT_EQ(state.selected(), 0U);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(state.tick().kind, ActionKind::none);
    const auto action = state.tick();
    EXPECT_EQ(action.kind, ActionKind::boot);
    EXPECT_EQ(action.entry, 0U);
    EXPECT_FALSE(state.world().trial);
}

}  // namespace
}  // namespace kld::menu
