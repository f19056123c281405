// SPDX-License-Identifier: BSD-3-Clause
// Keyboard layouts: names, tables, what XKB has, and their way into the menu.
#include "boot/keymap.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/text.h"
#include "support/fakes.h"
#include "uki/menu_content.h"
#include "uki/menu_keymaps.h"
#include "uki/xkb_rules.h"

namespace kld::uki {
namespace {

using namespace boot;

constexpr const char* kRules =
    "! model\n  pc105           Generic 105-key PC\n\n! layout\n  us              English (US)\n  de              "
    "German\n"
    "  custom          A user-defined custom Layout\n\n! variant\n  nodeadkeys      de: German (no dead keys)\n"
    "  dvorak          us: English (Dvorak)\n\n! option\n  compose         Position of Compose key\n"
    "  compose:menu    Menu\n";

/// As loadkeys writes it: the tables 0 and 2, every key with the value of its table.
std::string binary_keymap() {
    std::string bytes = "bkeymap" + std::string(256, '\0');
    bytes[7] = bytes[9] = 1;
    for (const char* key : {"\x7a\x0b", "\x40\xf0"})
        for (std::size_t index = 0; index < Keymap::kKeys; ++index) bytes += key;
    return bytes;
}

/// Compiles all but "custom"; used by several threads.
class Compilers final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        const std::lock_guard lock(mutex_);
        const auto line = join(command.argv, " ");
        EXPECT_TRUE(line.starts_with("unshare ")) << "outside of the tree: " << line;
        if (line.ends_with(" custom")) return fail("no such layout");
        const auto compiler = line.find("ckbcomp ");
        if (compiler != std::string::npos) return Output{0, line.substr(compiler), {}};
        EXPECT_TRUE(line.ends_with(" loadkeys --quiet --unicode --bkeymap -"));
        compiled.insert(command.input);
        return Output{0, binary_keymap(), {}};
    }
    std::set<std::string> compiled{};

private:
    std::mutex mutex_{};
};

std::string refusal(const std::string& layouts, const std::string& variants = {}, const std::string& options = {}) {
    const auto done = check_xkb(parse_xkb_rules(kRules), layouts, variants, options);
    return done ? "" : render(done.error());
}

}  // namespace

TEST(Keymap, NamesAreNoPaths) {
    for (const auto* good : {"us", "de:nodeadkeys", "us:dvorak-alt-intl", "nec_vndr"})
        EXPECT_TRUE(is_keymap_name(good)) << good;
    for (const auto* bad : {"", ":", "de:", ":x", "a:b:c", "../x", "de/x", "de x", "d\xc3\xa9", "a\nb", "de.bmap"})
        EXPECT_FALSE(is_keymap_name(bad)) << bad;
    EXPECT_FALSE(is_keymap_name(std::string(65, 'a')));
}

TEST(Keymap, TheListComesBackWithoutWhatIsNoName) {
    const std::vector<KeymapName> names{{"de", "German"}, {"de:nodeadkeys", "German (no dead keys)"}};
    EXPECT_EQ(parse_keymap_list(keymap_list_text(names) + "../etc\tx\nno tab\na\tb\tc\n"), names);
}

TEST(Keymap, TablesAreReadAndDamageIsRefused) {
    const auto bytes = binary_keymap();
    const auto keymap = parse_keymap(bytes);
    ASSERT_TRUE(keymap.has_value());
    ASSERT_EQ(keymap->tables.size(), 2U);
    EXPECT_EQ(keymap->tables.at(0)[21], 0x0b7a);
    EXPECT_EQ(keymap->tables.at(2)[127], 0xf040);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(parse_keymap(std::string_view(bytes).substr(0, size)).has_value()) << size;
    EXPECT_FALSE(parse_keymap(bytes + "x").has_value());
    auto without_plain = bytes;
    without_plain[7] = 0;
    without_plain[8] = 1;
    EXPECT_FALSE(parse_keymap(without_plain).has_value());
    EXPECT_FALSE(parse_keymap("keymaps 0-127\n" + std::string(600, ' ')).has_value());
}

TEST(XkbRules, HaveLayoutsVariantsAndOptions) {
    const auto rules = parse_xkb_rules(kRules);
    EXPECT_EQ(rules.layouts.size(), 3U);
    EXPECT_EQ(rules.layouts[1], (KeymapName{"de", "German"}));
    EXPECT_EQ(rules.variants[0], (KeymapName{"de:nodeadkeys", "German (no dead keys)"}));
    EXPECT_EQ(rules.options, (std::set<std::string>{"compose", "compose:menu"}));
}

TEST(XkbRules, WhatIsUnknownIsNamedAndTheRestIsListed) {
    EXPECT_EQ(refusal("de"), "");
    EXPECT_EQ(refusal("us,de", ",nodeadkeys", "compose:menu"), "");
    EXPECT_EQ(refusal("us,klingon"), "error: keyboard.layout 'klingon' is not known\n  layouts: custom de us\n");
    EXPECT_EQ(refusal("de", "dvorak"), "error: keyboard.variant 'dvorak' is not known\n  variants of de: nodeadkeys\n");
    EXPECT_EQ(refusal("custom", "x"), "error: keyboard.variant 'x' is not known\n  there are no variants of custom\n");
    EXPECT_EQ(refusal("de", "", "grp:toggle"),
              "error: keyboard.options 'grp:toggle' is not known\n  options: compose compose:menu\n");
    EXPECT_NE(refusal("de", "nodeadkeys,dvorak"), "") << "more variants than layouts";
}

TEST(MenuKeymaps, AllThatCompilesIsKept) {
    test::FakeFiles files;
    files.entries["/t" + std::string(kXkbRules)] = {kRules};
    Compilers runner;
    const auto made = make_keymaps(runner, files, "/t", "/k", 2);
    ASSERT_TRUE(made.has_value()) << render(made.error());
    ASSERT_EQ(made->size(), 4U) << "custom is left out";
    EXPECT_EQ((*made)[1].name, "de:nodeadkeys");
    EXPECT_TRUE(runner.compiled.contains("ckbcomp -compact -model pc105 de nodeadkeys"));
    EXPECT_EQ(files.entries.at("/k/de:nodeadkeys.bmap").bytes, binary_keymap());
    EXPECT_EQ(parse_keymap_list(files.entries.at("/k/list").bytes), *made);
}

TEST(MenuKeymaps, WithoutTheKernelsOwnNothingIsMade) {
    test::FakeFiles files;
    files.entries["/t" + std::string(kXkbRules)] = {"! layout\n  de  German\n"};
    Compilers runner;
    EXPECT_FALSE(make_keymaps(runner, files, "/t", "/k", 1).has_value());
}

TEST(MenuContents, HasFeatureSetsOfPoolsAndKeyboardLayouts) {
    test::FakeFiles files;
    files.entries["/t/usr/share/zfs/compatibility.d/openzfs-2.1-linux"] = {"async_destroy\n"};
    MenuContent content;
    MenuImageRequest request;
    request.tree = "/t";
    request.keymaps = "/k";
    EXPECT_FALSE(add_data(request, files, content).has_value()) << "no layouts were compiled";
    files.entries["/k/list"] = {"us\tEnglish (US)\n"};
    files.entries["/k/us.bmap"] = {binary_keymap()};
    const auto added = add_data(request, files, content);
    ASSERT_TRUE(added.has_value()) << render(added.error());
    EXPECT_EQ(content.archive.nodes().at("usr/share/zfs/compatibility.d/openzfs-2.1-linux").content, "async_destroy\n");
    EXPECT_EQ(content.archive.nodes().at("usr/share/keymaps/us.bmap").content, binary_keymap());
    files.entries.erase("/t/usr/share/zfs/compatibility.d/openzfs-2.1-linux");
    EXPECT_FALSE(add_data(request, files, content).has_value()) << "no feature sets";
}

}  // namespace kld::uki
