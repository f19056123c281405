// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "press.h"
#include "worlds.h"

namespace kld::menu {
namespace {

State with_two_entries(int timeout = 5) {
    State state(timeout);
    state.found(two_entries());
    return state;
}

}  // namespace

TEST(State, TheDefaultBootsWhenTheCountdownEnds) {
    auto state = with_two_entries(2);
    EXPECT_EQ(state.countdown(), 2);
    EXPECT_EQ(state.tick().kind, ActionKind::none);
    EXPECT_EQ(state.countdown(), 1);
    const auto action = state.tick();
    EXPECT_EQ(action.kind, ActionKind::boot);
    EXPECT_EQ(action.entry, 0U);
    EXPECT_EQ(action.kernel, 1U);
    EXPECT_EQ(action.arguments, "quiet");
    EXPECT_EQ(state.tick().kind, ActionKind::none) << "only once";
}

TEST(State, TimeoutZeroBootsAtOnceAndANegativeOneNever) {
    State at_once(0);
    EXPECT_EQ(at_once.found(two_entries()).kind, ActionKind::boot);
    auto waits = with_two_entries(-1);
    EXPECT_FALSE(waits.countdown().has_value());
    EXPECT_EQ(waits.tick().kind, ActionKind::none);
}

TEST(State, AnyKeyStopsTheCountdownForGood) {
    auto state = with_two_entries();
    type(state, "x");
    EXPECT_FALSE(state.countdown().has_value());
    state.found(two_entries());
    EXPECT_FALSE(state.countdown().has_value());
}

TEST(State, NoiseOnASerialLineIsNoKey) {
    auto state = with_two_entries();
    type(state, "\xff\x80");
    EXPECT_EQ(state.countdown(), 5);
}

TEST(State, WithoutDefaultNothingBootsByItself) {
    auto world = two_entries();
    world.default_entry.reset();
    State state(0);
    EXPECT_EQ(state.found(world).kind, ActionKind::none);
    EXPECT_FALSE(state.countdown().has_value());
}

TEST(State, ADefaultThatComesLateStartsTheCountdown) {
    State state(3);
    state.found(World{});
    EXPECT_FALSE(state.countdown().has_value());
    state.found(two_entries());
    EXPECT_EQ(state.countdown(), 3);
}

TEST(State, KeysMoveAndEnterBoots) {
    auto state = with_two_entries();
    EXPECT_EQ(type(state, "\x1b[B\r").entry, 1U);
    EXPECT_EQ(type(state, "\x1b[B\x1b[B\r").entry, 1U) << "stays at the end";
    EXPECT_EQ(type(state, "k\r").entry, 0U);
    EXPECT_EQ(type(state, "j\r").entry, 1U);
    EXPECT_EQ(type(state, "1\r").entry, 0U);
    EXPECT_EQ(type(state, "2\r").entry, 1U);
    EXPECT_EQ(type(state, "9\r").entry, 1U) << "no ninth entry";
}

TEST(State, AnotherKernelForOneBoot) {
    auto state = with_two_entries();
    type(state, "K");
    EXPECT_EQ(state.view(), View::kernels);
    EXPECT_EQ(state.selected_kernel(), 1U);
    const auto action = type(state, "1\r");
    EXPECT_EQ(action.kind, ActionKind::boot);
    EXPECT_EQ(action.kernel, 0U);
    EXPECT_EQ(action.arguments, "quiet");
}

TEST(State, AnotherCommandLineForOneBoot) {
    auto state = with_two_entries();
    const auto action = type(state, "E single\r");
    EXPECT_EQ(action.kind, ActionKind::boot);
    EXPECT_EQ(action.arguments, "quiet single");
    EXPECT_EQ(action.kernel, 1U);
    EXPECT_EQ(state.world().entries[0].arguments, "quiet") << "the entry keeps its own";
}

TEST(State, EditingTheLineOfAnotherKernelAndBack) {
    auto state = with_two_entries();
    type(state, "K1E");
    EXPECT_EQ(state.view(), View::edit);
    state.press({KeyKind::escape});
    EXPECT_EQ(state.view(), View::kernels);
    EXPECT_EQ(type(state,
                   "E\x15"
                   "debug\r")
                  .arguments,
              "debug");
    state.press({KeyKind::escape});
    state.press({KeyKind::escape});
    EXPECT_EQ(state.view(), View::list);
}

TEST(State, LettersAreTextInTheEditor) {
    auto state = with_two_entries();
    EXPECT_EQ(type(state, "ERPKH1").kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::edit);
    EXPECT_EQ(state.editor().text(), "quietRPKH1");
}

TEST(State, ShellSearchHelpAndPower) {
    auto state = with_two_entries();
    EXPECT_EQ(type(state, "r").kind, ActionKind::shell);
    EXPECT_EQ(type(state, "S").kind, ActionKind::rescan);
    type(state, "h");
    EXPECT_EQ(state.view(), View::help);
    type(state, " ");
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(type(state, "Pp").kind, ActionKind::power_off);
    EXPECT_EQ(type(state, "PR").kind, ActionKind::reboot);
    EXPECT_EQ(type(state, "pf").kind, ActionKind::firmware);
    EXPECT_EQ(type(state, "Px").kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::list);
}

TEST(State, WithNothingFoundTheKeysThatHelpStillWork) {
    State state(5);
    state.found(World{});
    for (const auto* useless : {"\r", "K", "E", "B", "D", "j", "1"})
        EXPECT_EQ(type(state, useless).kind, ActionKind::none);
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(type(state, "R").kind, ActionKind::shell);
    EXPECT_EQ(type(state, "Pp").kind, ActionKind::power_off);
}

TEST(State, TheSelectionStaysWithItsEntryWhenAPoolComesLate) {
    auto state = with_two_entries();
    type(state, "j");
    auto world = two_entries();
    world.entries.insert(world.entries.begin(), entry_named("apool/ROOT/other", 2));
    state.found(world);
    EXPECT_EQ(state.world().entries[state.selected()].dataset, "rpool/ROOT/before-upgrade");
}

TEST(State, AnEntryThatVanishesLeavesItsEditor) {
    auto state = with_two_entries();
    type(state, "jE");
    World world;
    world.entries = {entry_named("rpool/ROOT/default")};
    world.default_entry = 0;
    state.found(world);
    EXPECT_EQ(state.view(), View::list);
    EXPECT_EQ(state.selected(), 0U);
    EXPECT_FALSE(state.countdown().has_value());
    state.found(World{});
    EXPECT_EQ(type(state, "\r").kind, ActionKind::none);
}

TEST(State, ABetterDefaultThatComesLateTakesTheCountdownOver) {
    auto state = with_two_entries(3);
    state.tick();
    auto world = two_entries();
    world.entries.push_back(entry_named("zpool/ROOT/here", 3));
    world.default_entry = 2;
    state.found(world);
    EXPECT_EQ(state.countdown(), 2);
    state.tick();
    EXPECT_EQ(state.tick().entry, 2U);
}

TEST(State, ADefaultThatVanishesStopsTheCountdown) {
    auto state = with_two_entries(3);
    auto world = two_entries();
    world.default_entry.reset();
    state.found(world);
    EXPECT_FALSE(state.countdown().has_value());
    EXPECT_EQ(state.tick().kind, ActionKind::none);
}

TEST(State, AMessageStaysUntilAKey) {
    auto state = with_two_entries();
    state.show_message({"refused"});
    EXPECT_EQ(state.view(), View::message);
    EXPECT_EQ(state.tick().kind, ActionKind::none);
    EXPECT_EQ(type(state, "\r").kind, ActionKind::none) << "the key only goes back";
    EXPECT_EQ(state.view(), View::list);
}

}  // namespace kld::menu
