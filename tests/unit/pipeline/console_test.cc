// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/console.h"

#include <gtest/gtest.h>

#include "config/schema.h"
#include "support/fakes.h"

namespace kld::pipeline {
namespace {

config::Answers with(const std::string& layout, const std::string& font = {}) {
    auto answers = config::defaults();
    answers.keyboard_layout = layout;
    answers.console_font = font;
    return answers;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST(Console, TheUsualOneNeedsNoFiles) {
    EXPECT_TRUE(console_files(config::defaults()).empty());
}

TEST(Console, FilesArePlainTextForConsoleSetup) {
    auto answers = with("de", "TerminusBold32x16");
    answers.keyboard_variant = "nodeadkeys";
    const auto files = console_files(answers);
    ASSERT_EQ(files.size(), 2U);
    const auto& keyboard = files.at("/etc/default/keyboard");
    for (const auto* line : {"XKBMODEL=\"pc105\"", "XKBLAYOUT=\"de\"", "XKBVARIANT=\"nodeadkeys\"", "XKBOPTIONS=\"\""})
        EXPECT_TRUE(has_line(keyboard, line)) << line << " in\n" << keyboard;
    const auto& console = files.at("/etc/default/console-setup");
    EXPECT_TRUE(has_line(console, "FONTFACE=\"TerminusBold\"")) << console;
    EXPECT_TRUE(has_line(console, "FONTSIZE=\"16x32\"")) << "width before height\n" << console;
    EXPECT_TRUE(has_line(console_files(with("us", "Fixed16")).at("/etc/default/console-setup"), "FONTSIZE=\"8x16\""));
    EXPECT_EQ(console_files(with("de")).size(), 1U) << "the font stays console-setup's own choice";
}

TEST(Console, WhatDoesNotExistIsRefusedBeforeATreeIsMade) {
    test::FakeFiles files;
    Menu menu;
    menu.tools_tree = "/t";
    menu.keymaps = "/k";
    EXPECT_TRUE(check_console(files, menu, config::defaults())) << "the usual one asks nothing of the tools";
    files.entries["/t/usr/share/X11/xkb/rules/base.lst"] = {"! layout\n  us  English (US)\n  de  German\n  xx  Odd\n"};
    files.entries["/k/list"] = {"us\tEnglish (US)\nde\tGerman\n"};
    files.entries["/t/usr/share/consolefonts/Lat15-Fixed16.psf.gz"] = {"font"};
    files.entries["/t/usr/share/consolefonts/Uni2-Fixed16.psf.gz"] = {"font"};
    EXPECT_TRUE(check_console(files, menu, with("de", "Fixed16")));
    const auto told = [&](const config::Answers& answers) {
        const auto done = check_console(files, menu, answers);
        return done ? "" : render(done.error());
    };
    EXPECT_EQ(told(with("klingon")), "error: keyboard.layout 'klingon' is not known\n  layouts: de us xx\n");
    EXPECT_NE(told(with("xx")).find("the console cannot have the keyboard layout xx"), std::string::npos);
    EXPECT_EQ(told(with("de", "Huge99")), "error: console.font 'Huge99' is not known\n  fonts: Fixed16\n");
}

}  // namespace kld::pipeline
