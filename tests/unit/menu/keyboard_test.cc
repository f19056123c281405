// SPDX-License-Identifier: BSD-3-Clause
// The layout of the keyboard: what a pool says, what a person chooses.
#include "menu/keyboard.h"

#include <gtest/gtest.h>

#include "press.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::menu {
namespace {

std::string keymap_of(char value) {
    std::string bytes = "bkeymap" + std::string(256, '\0');
    bytes[7] = 1;
    return bytes + std::string(2 * boot::Keymap::kKeys, value);
}

class KeyboardLayout : public testing::Test {
protected:
    void SetUp() override {
        files_.entries["/usr/share/keymaps/list"] = {
            "us\tEnglish (US)\nde\tGerman\nfr\tFrench\nde:nodeadkeys\tGerman (no dead keys)\nit\tItalian\n"};
        files_.entries["/usr/share/keymaps/us.bmap"] = {keymap_of('u')};
        files_.entries["/usr/share/keymaps/de.bmap"] = {keymap_of('d')};
        files_.entries["/usr/share/keymaps/fr.bmap"] = {"damaged"};
    }
    Keyboard keyboard() {
        return {files_, [this](const boot::Keymap& keymap) -> Status {
                    if (!screen_) return fail("no screen");
                    loaded_ += static_cast<char>(keymap.tables.at(0)[1]);
                    return {};
                }};
    }
    State state() {
        State state(5);
        state.keymaps(keyboard().names());
        state.found(two_entries());
        return state;
    }

    test::FakeFiles files_{};
    std::string loaded_{};
    bool screen_ = true;
};

}  // namespace

TEST_F(KeyboardLayout, ThePoolSaysItUntilAPersonChooses) {
    auto keys = keyboard();
    EXPECT_EQ(keys.current(), "us");
    EXPECT_FALSE(keys.wanted("")) << "no pool says anything";
    ASSERT_TRUE(keys.wanted("de"));
    EXPECT_TRUE(keys.configure("de"));
    EXPECT_EQ(keys.current(), "de");
    EXPECT_FALSE(keys.wanted("de")) << "once";
    EXPECT_TRUE(keys.wanted("us")) << "another pool";
    EXPECT_TRUE(keys.choose("us"));
    EXPECT_FALSE(keys.wanted("de"));
    EXPECT_EQ(loaded_, "du");
}

TEST_F(KeyboardLayout, WhatIsUnknownDamagedOrImpossibleChangesNothing) {
    auto keys = keyboard();
    for (const auto* name : {"klingon", "../../dev/sda", "list", ""}) {
        const auto done = keys.configure(name);
        ASSERT_FALSE(done.has_value()) << name;
        EXPECT_EQ(done.error().message,
                  std::string("org.kldload:keymap: no keyboard layout '") + name + "'; Tab lists all");
    }
    EXPECT_FALSE(keys.choose("it").has_value()) << "listed, and not there";
    EXPECT_FALSE(keys.choose("fr").has_value()) << "damaged";
    screen_ = false;
    EXPECT_FALSE(keys.choose("de").has_value()) << "nothing but a serial line";
    EXPECT_EQ(keys.current(), "us");
    EXPECT_EQ(loaded_, "");
    EXPECT_FALSE(set_keymap(-1, boot::parse_keymap(keymap_of('d')).value()).has_value()) << "the kernel refuses";
}

TEST_F(KeyboardLayout, IsChosenByNameOrLanguage) {
    for (const auto* typed : {"de\r", "DE\r", "german\r", "xx\x7f\x7f\x7fger\r", "\x1b[B\r"}) {
        auto menu = state();
        EXPECT_EQ(type(menu, "\t").kind, ActionKind::none);
        ASSERT_EQ(menu.view(), View::keyboard);
        const auto action = type(menu, typed);
        EXPECT_EQ(action.kind, ActionKind::set_keymap) << typed;
        EXPECT_EQ(action.keymap, "de") << typed;
        EXPECT_EQ(menu.view(), View::list);
    }
    auto menu = state();
    EXPECT_EQ(type(menu, "\tdead\r").keymap, "de:nodeadkeys") << "any word of the description";
    EXPECT_EQ(type(menu, "\txyz\r").kind, ActionKind::none) << "nothing to choose";
    EXPECT_EQ(menu.view(), View::keyboard);
    menu.press({KeyKind::escape});
    EXPECT_EQ(menu.view(), View::list);
}

TEST_F(KeyboardLayout, GoesBackToTheQuestionWithNothingTyped) {
    auto world = two_entries();
    world.entries[0].locked = true;
    auto menu = state();
    menu.found(world);
    type(menu, "\rsecret\t");
    ASSERT_EQ(menu.view(), View::keyboard);
    menu.found(world);
    EXPECT_EQ(type(menu, "de\r").keymap, "de");
    menu.keymap("de");
    ASSERT_EQ(menu.view(), View::passphrase);
    EXPECT_NE(text_of(menu).find("Keyboard layout: de\n"), std::string::npos);
    EXPECT_EQ(type(menu, "right\r").passphrase.view(), "right") << "what was typed with other keys is gone";
    type(menu, "\t");
    menu.found(World{});
    menu.press({KeyKind::escape});
    EXPECT_EQ(menu.view(), View::list) << "there is nothing to ask about any more";
}

TEST_F(KeyboardLayout, TheCommandLineStays) {
    auto menu = state();
    type(menu, "e quiet\t");
    ASSERT_EQ(menu.view(), View::keyboard);
    EXPECT_EQ(type(menu, "de\r").keymap, "de");
    EXPECT_EQ(type(menu, "\r").arguments, "quiet quiet");
}

TEST_F(KeyboardLayout, WithoutLayoutsThereIsNothingToChoose) {
    State menu(5);
    menu.found(two_entries());
    type(menu, "\t");
    EXPECT_EQ(menu.view(), View::list);
}

TEST_F(KeyboardLayout, LooksLikeThis) {
    auto menu = state();
    menu.keymap("de");
    type(menu, "\tger");
    test::expect_golden("menu/keyboard.txt", text_of(menu));
}

}  // namespace kld::menu
