// SPDX-License-Identifier: BSD-3-Clause
#include "menu/keys.h"

#include <gtest/gtest.h>

#include "menu/line_editor.h"

namespace kld::menu {
namespace {

LineEditor typed(std::string text, std::string_view bytes) {
    LineEditor editor(std::move(text));
    for (const auto& key : KeyDecoder().feed(bytes)) editor.press(key);
    return editor;
}

}  // namespace

TEST(Keys, LettersEnterAndControl) {
    EXPECT_EQ(KeyDecoder().feed("K\r"), (std::vector<Key>{{KeyKind::text, 'K'}, {KeyKind::enter}}));
    EXPECT_EQ(KeyDecoder().feed("\x15\x7f\x08"),
              (std::vector<Key>{{KeyKind::control, 'u'}, {KeyKind::backspace}, {KeyKind::backspace}}));
}

TEST(Keys, ReturnWithLineFeedIsOneEnter) {
    EXPECT_EQ(KeyDecoder().feed("\r\n"), std::vector<Key>{{KeyKind::enter}});
    EXPECT_EQ(KeyDecoder().feed("\n"), std::vector<Key>{{KeyKind::enter}});
    EXPECT_EQ(KeyDecoder().feed("\r\r"), (std::vector<Key>{{KeyKind::enter}, {KeyKind::enter}}));
}

TEST(Keys, ArrowsOfEveryTerminal) {
    EXPECT_EQ(KeyDecoder().feed("\x1b[A\x1bOB\x1b[1~\x1b[F\x1b[3~"),
              (std::vector<Key>{{KeyKind::up}, {KeyKind::down}, {KeyKind::home}, {KeyKind::end}, {KeyKind::erase}}));
}

TEST(Keys, ASequenceMayComeInPieces) {
    KeyDecoder decoder;
    EXPECT_TRUE(decoder.feed("\x1b").empty());
    EXPECT_TRUE(decoder.waiting());
    EXPECT_TRUE(decoder.feed("[").empty());
    EXPECT_EQ(decoder.feed("B"), std::vector<Key>{{KeyKind::down}});
    EXPECT_FALSE(decoder.waiting());
}

TEST(Keys, ALoneEscapeIsAKeyAfterAWhile) {
    KeyDecoder decoder;
    EXPECT_TRUE(decoder.feed("\x1b").empty());
    EXPECT_EQ(decoder.idle(), std::vector<Key>{{KeyKind::escape}});
    EXPECT_TRUE(decoder.idle().empty());
    EXPECT_EQ(decoder.feed("\x1bx"), (std::vector<Key>{{KeyKind::escape}, {KeyKind::text, 'x'}}));
}

TEST(Keys, UnknownSequencesAndNoiseAreSwallowed) {
    EXPECT_TRUE(KeyDecoder().feed("\x1b[24;80R\x1b[99~").empty());
    EXPECT_TRUE(KeyDecoder().feed(std::string_view("\0", 1)).empty());
    EXPECT_EQ(KeyDecoder().feed("\xff"), (std::vector<Key>{{KeyKind::raw, '\xff'}}));
    EXPECT_EQ(typed("quiet", "\xc3\xa9").text(), "quiet") << "a command line is ASCII";
    KeyDecoder endless;
    endless.feed("\x1b[" + std::string(100, '1'));
    EXPECT_FALSE(endless.feed("1a1a").empty()) << "an endless sequence must not eat the keyboard";
}

TEST(LineEditor, InsertsAndErasesAtTheCursor) {
    EXPECT_EQ(typed("quiet", " debug").text(), "quiet debug");
    EXPECT_EQ(typed("quiet", "\x01rw \x05 x").text(), "rw quiet x");
    EXPECT_EQ(typed("abc", "\x1b[D\x1b[D\x7f").text(), "bc");
    EXPECT_EQ(typed("abc", "\x01\x1b[3~").text(), "bc");
    EXPECT_EQ(typed("abc", "\x01\x7f\x1b[D").text(), "abc");
    EXPECT_EQ(typed("abc", "\x1b[C\x1b[3~").text(), "abc");
}

TEST(LineEditor, ControlKeys) {
    EXPECT_EQ(typed("one two", "\x17").text(), "one ");
    EXPECT_EQ(typed("one two  ", "\x17").text(), "one ");
    EXPECT_EQ(typed("one two", "\x1b[D\x15").text(), "o");
    EXPECT_EQ(typed("one two", "\x01\x0b").text(), "");
}

TEST(LineEditor, WindowFollowsTheCursor) {
    const LineEditor editor("0123456789abcdefghij");
    const auto end = editor.window(10);
    EXPECT_EQ(end.text, "<cdefghij");
    EXPECT_EQ(end.cursor, 9U);
    const auto start = typed("0123456789abcdefghij", "\x01").window(10);
    EXPECT_EQ(start.text, "012345678>");
    EXPECT_EQ(start.cursor, 0U);
    EXPECT_EQ(LineEditor("abc").window(10).text, "abc");
}

}  // namespace kld::menu
