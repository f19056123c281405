// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "press.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::menu {

TEST(Render, ListWithCountdown) {
    State state(5);
    state.found(two_entries());
    test::expect_golden("menu/list.txt", text_of(state));
}

TEST(Render, Kernels) {
    State state(5);
    state.found(two_entries());
    type(state, "K");
    test::expect_golden("menu/kernels.txt", text_of(state));
}

TEST(Render, Editor) {
    State state(5);
    state.found(two_entries());
    type(state, "E debug");
    test::expect_golden("menu/edit.txt", text_of(state));
    const auto screen = render(state, "");
    EXPECT_TRUE(screen.cursor_shown);
    EXPECT_EQ(screen.rows[screen.cursor_row].size(), screen.cursor_column);
}

TEST(Render, NothingFound) {
    State state(5);
    World world;
    world.problems = {"Disks: vda (8.0 GiB)", "None of them holds a ZFS pool."};
    state.busy("waiting for disks");
    state.found(world);
    test::expect_golden("menu/nothing.txt", text_of(state));
}

TEST(Render, Help) {
    State state(5);
    type(state, "H");
    test::expect_golden("menu/help.txt", text_of(state));
}

TEST(Render, Snapshots) {
    State state(5);
    state.found(two_entries());
    state.show_snapshots("rpool/ROOT/default", {{"before-nginx", 1795726255}, {"base", 1795000000}});
    type(state, "j");
    test::expect_golden("menu/snapshots.txt", text_of(state));
    type(state, "k\r");
    test::expect_golden("menu/confirm.txt", text_of(state));
}

TEST(Render, TextThatScrolls) {
    State state(5);
    std::string status =
        "  pool: rpool\n state: ONLINE\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n"
        "\trpool       ONLINE       0     0     0\n\t  vda2      ONLINE       0     0     0\n\n"
        "errors: No known data errors\n\n";
    state.show_text(Pager("zpool status", status + status + status));
    type(state, "\x1b[6~");
    test::expect_golden("menu/status.txt", text_of(state));
    state.show_text(Pager("The menu's log", "[    2.0] started", true), ActionKind::kernel_log);
    test::expect_golden("menu/log.txt", text_of(state));
}

TEST(Render, AFailedKernelIsExplained) {
    State state(5);
    state.found(two_entries());
    state.show_message({"The kernel was not started:", "", std::string(100, 'x') + " end"});
    const auto text = text_of(state);
    EXPECT_NE(text.find("The kernel was not started:\n"), std::string::npos);
    EXPECT_NE(text.find(" end\n"), std::string::npos) << "long lines go on in the next row";
}

TEST(Render, NamesFromDisksCannotDrawOnTheTerminal) {
    State state(-1);
    auto world = two_entries();
    world.entries[0].system = "evil\x1b[2J\xc3\xa9";
    world.problems = {std::string(300, 'y'), "bell\a"};
    state.found(world);
    for (const auto& row : render(state, "").rows)
        for (const char c : row) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << row;
}

TEST(Render, ALongListScrollsWithTheSelection) {
    State state(-1);
    World world;
    for (int index = 0; index < 40; ++index)
        world.entries.push_back(entry_named("rpool/ROOT/be" + std::to_string(index)));
    state.found(world);
    EXPECT_NE(text_of(state).find("rpool/ROOT/be0 "), std::string::npos);
    for (int count = 0; count < 39; ++count) type(state, "j");
    const auto text = text_of(state);
    EXPECT_NE(text.find("> 40  rpool/ROOT/be39 "), std::string::npos) << text;
    EXPECT_EQ(text.find("rpool/ROOT/be0 "), std::string::npos);
}

TEST(Render, OnlyChangedRowsAreSent) {
    State state(5);
    state.found(two_entries());
    const auto first = render(state, "t");
    const auto whole = difference({}, first);
    EXPECT_TRUE(whole.starts_with("\x1b[0m\x1b[2J"));
    EXPECT_EQ(difference(first, first), "");
    state.tick();
    const auto tick = difference(first, render(state, "t"));
    EXPECT_NE(tick.find("Booting rpool/ROOT/default in 4 s."), std::string::npos);
    EXPECT_EQ(tick.find("before-upgrade"), std::string::npos);
}

}  // namespace kld::menu
