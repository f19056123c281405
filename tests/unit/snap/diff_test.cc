// SPDX-License-Identifier: BSD-3-Clause
#include "snap/diff.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/fakes.h"

namespace kld::snap {
namespace {

// As zfs(8) of 2.1 and 2.3 writes it: blanks, backslashes, control characters and all beyond ASCII in four octal
// digits.
constexpr const char* kDiff =
    "M\t/\t/home/\n"
    "-\tF\t/home/a\\0040b\n"
    "+\tF\t/home/tab\\0011new\\0012line\\0134back\n"
    "R\tF\t/home/gr\\0303\\0266\\0303\\0237e\t/home/new\\0040name\n"
    "M\tF\t/home/linked\t(+1)\n"
    "M\tF\t/home/unlinked\t(-12)\n"
    "+\t@\t/home/odd\\0377\n";

TEST(Diff, IsReadWithAllNames) {
    const auto changes = parse_diff(kDiff);
    ASSERT_TRUE(changes.has_value()) << render(changes.error());
    ASSERT_EQ(changes->size(), 7U);
    EXPECT_EQ(changes->at(0).kind, 'M');
    EXPECT_EQ(changes->at(0).type, '/');
    EXPECT_EQ(changes->at(1).path, "/home/a b");
    EXPECT_EQ(changes->at(2).path, "/home/tab\tnew\nline\\back");
    EXPECT_EQ(changes->at(3).path, "/home/größe");
    EXPECT_EQ(changes->at(3).new_path, "/home/new name");
    EXPECT_EQ(changes->at(4).links, 1);
    EXPECT_EQ(changes->at(4).new_path, "");
    EXPECT_EQ(changes->at(5).links, -12);
    EXPECT_EQ(changes->at(6).path, "/home/odd\xff");
    EXPECT_TRUE(parse_diff("")->empty());
}

TEST(Diff, WhatIsNoEscapeStays) {
    EXPECT_EQ(parse_diff("M\tF\t/a\\040\n")->at(0).path, "/a\\040") << "three digits are none of zfs(8)";
    EXPECT_EQ(parse_diff("M\tF\t/a\\0999x\n")->at(0).path, "/a\\0999x");
    EXPECT_EQ(parse_diff("M\tF\t/a\\0777\n")->at(0).path, "/a\\0777") << "no byte is so large";
}

TEST(Diff, LinesThatAreNotUnderstoodAreAnError) {
    for (const auto* line :
         {"M\t/a", "X\tF\t/a", "M\tF\t", "R\tF\t/a", "+\tF\t/a\t/b", "M\tF\t/a\t(+x)", "M\tF\t/a\t+1", "M\tF\t/a\t(+1",
          "M\tF\t/a\t(+1)\tx", "MM\tF\t/a", "M\tFF\t/a", "Unable to determine path"})
        EXPECT_FALSE(parse_diff(line).has_value()) << line;
}

TEST(Diff, OneCommand) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "diff", "-FH", "rpool/my home@a", "rpool/my home"}, kDiff);
    EXPECT_EQ(read_diff(runner, "rpool/my home@a", "rpool/my home")->size(), 7U);
    runner.expect({"zfs", "diff", "-FH", "rpool/x@a", "rpool/x"}, {}, 1, "Cannot diff an unmounted snapshot");
    const auto failed = read_diff(runner, "rpool/x@a", "rpool/x");
    ASSERT_FALSE(failed.has_value());
    EXPECT_NE(failed.error().hint.find("mounted"), std::string::npos);
}

TEST(Diff, ListsNamesThatDoNotBreakALine) {
    const auto tabs = to_tabs(list_changes(*parse_diff(kDiff), false));
    EXPECT_NE(tabs.find("+\tF\t/home/tab\\0011new\\0012line\\0134back\t-\t-\n"), std::string::npos) << tabs;
    EXPECT_NE(tabs.find("R\tF\t/home/größe\t/home/new name\t-\n"), std::string::npos) << tabs;
    EXPECT_NE(tabs.find("M\tF\t/home/unlinked\t-\t-12\n"), std::string::npos) << tabs;
}

TEST(Diff, JsonHasNamesAsTheyAre) {
    const auto json = nlohmann::json::parse(to_json(list_changes(*parse_diff(kDiff), true), "changes"));
    EXPECT_EQ(json["changes"][2]["path"], "/home/tab\tnew\nline\\back");
    EXPECT_EQ(json["changes"][2]["change"], "+");
    EXPECT_TRUE(json["changes"][2]["new_path"].is_null());
    EXPECT_EQ(json["changes"][3]["new_path"], "/home/new name");
    EXPECT_EQ(json["changes"][4]["links"], "+1");
}

TEST(Summary, CountsByFolder) {
    std::vector<Change> changes{{'M', 'F', "/etc/passwd"}, {'+', 'F', "/vmlinuz"}};
    for (unsigned i = 0; i < 30; ++i) changes.push_back({'+', 'F', "/var/lib/x/" + std::to_string(i)});
    changes.push_back({'-', '/', "/var/lib"});
    changes.push_back({'R', 'F', "/srv/a\tb/c", "/srv/d"});
    EXPECT_EQ(summary(changes, "p/r@a"),
              "changes since p/r@a: 34\n  30 in /var/lib\n  1 in /\n  1 in /etc\n  1 in /srv/a\\0011b\n  1 in /var\n"
              "the first of them:\n  changed /etc/passwd\n  made /vmlinuz\n  made /var/lib/x/0\n  made /var/lib/x/1\n"
              "  made /var/lib/x/2\n  made /var/lib/x/3\n  made /var/lib/x/4\n  made /var/lib/x/5\n");
    EXPECT_EQ(summary({}, "p/r@a"), "no file has changed since p/r@a\n");
}

TEST(Summary, SaysHowManyFoldersItLeavesOut) {
    std::vector<Change> changes;
    for (unsigned i = 0; i < 11; ++i) changes.push_back({'-', 'F', "/srv/" + std::to_string(i) + "/f"});
    EXPECT_NE(summary(changes, "p@a").find("  and 3 more folders\n"), std::string::npos);
}

}  // namespace
}  // namespace kld::snap
