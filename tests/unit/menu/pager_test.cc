// SPDX-License-Identifier: BSD-3-Clause
#include "menu/pager.h"

#include <gtest/gtest.h>

#include "menu/log.h"
#include "menu/screen.h"

namespace kld::menu {
namespace {

std::string numbered(int count) {
    std::string text;
    for (int line = 1; line <= count; ++line) text += "line " + std::to_string(line) + "\n";
    return text;
}

void type(Pager& pager, std::string_view bytes) {
    for (const auto& key : KeyDecoder().feed(bytes)) EXPECT_TRUE(pager.press(key));
}

}  // namespace

TEST(Pager, ScrollsAndStaysWithinTheText) {
    Pager pager("x", numbered(100));
    EXPECT_EQ(pager.position(), "1-18 of 100");
    type(pager, "jj\x1b[B");
    EXPECT_EQ(pager.shown().front(), "line 4");
    type(pager, "kkkkk");
    EXPECT_EQ(pager.shown().front(), "line 1");
    type(pager, " ");
    EXPECT_EQ(pager.shown().front(), "line 18") << "a page keeps one line";
    type(pager, "\x1b[F\x1b[6~");
    EXPECT_EQ(pager.shown().back(), "line 100");
    type(pager, "\x1b[5~\x1b[H");
    EXPECT_EQ(pager.position(), "1-18 of 100");
    EXPECT_FALSE(pager.press({KeyKind::text, 'q'}));
}

TEST(Pager, ALogBeginsWithItsEnd) {
    EXPECT_EQ(Pager("x", numbered(100), true).shown().back(), "line 100");
    EXPECT_EQ(Pager("x", numbered(3), true).position(), "1-3 of 3");
    EXPECT_EQ(Pager("x", "").position(), "empty");
    EXPECT_TRUE(Pager("x", "").shown().empty());
}

TEST(Pager, LongLinesGoOnAndTabsAreWidened) {
    const Pager pager("x", "\tNAME\tSTATE\n\n" + std::string(100, 'a') + "\n");
    const auto rows = pager.shown();
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0], "        NAME    STATE");
    EXPECT_EQ(rows[1], "");
    EXPECT_EQ(rows[2].size(), kWidth);
    EXPECT_EQ(rows[3].size(), 100 - kWidth);
}

TEST(Log, TheMenusOwnLines) {
    EXPECT_EQ(own_lines("[    1.0] zfs: loaded\n[    2.0] kldload-menu: started\n[    3.0] other\n"),
              "[    2.0] started\n");
}

}  // namespace kld::menu
