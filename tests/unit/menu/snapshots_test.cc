// SPDX-License-Identifier: BSD-3-Clause
#include "menu/snapshots.h"

#include <gtest/gtest.h>

#include "support/fakes.h"
#include "zfs/properties.h"

namespace kld::menu {
namespace {

const std::vector<std::string> kList{"zfs",      "list", "-Hp",           "-d",     "1", "-t",
                                     "snapshot", "-o",   "name,creation", "rpool/a"};

std::vector<std::string> names(const Result<std::vector<Snapshot>>& snapshots) {
    std::vector<std::string> names;
    for (const auto& snapshot : snapshots.value()) names.push_back(snapshot.name);
    return names;
}

}  // namespace

TEST(Snapshots, NewestFirstAndInTheOrderOfTheirMakingWithinASecond) {
    test::ReplayRunner runner;
    runner.expect(kList, "rpool/a@base\t100\nrpool/a@first\t200\nrpool/a@second\t200\nrpool/a@odd\t150\n");
    EXPECT_EQ(names(list_snapshots(runner, "rpool/a")), (std::vector<std::string>{"second", "first", "odd", "base"}));
    runner.expect(kList);
    EXPECT_TRUE(names(list_snapshots(runner, "rpool/a")).empty());
}

TEST(Snapshots, OutputThatIsNotUnderstoodIsAnError) {
    test::ReplayRunner runner;
    runner.expect(kList, "rpool/other@base\t100\n");
    EXPECT_FALSE(list_snapshots(runner, "rpool/a").has_value());
    runner.expect(kList, "", 1, "cannot open 'rpool/a': dataset does not exist\n");
    EXPECT_FALSE(list_snapshots(runner, "rpool/a").has_value());
}

TEST(Snapshots, TheTimeIsToldInUtc) {
    EXPECT_EQ((Snapshot{"x", 1795726255}.created_text()), "2026-11-26 20:50:55 UTC");
    EXPECT_EQ((Snapshot{"x", 0}.created_text()), "1970-01-01 00:00:00 UTC");
}

TEST(Snapshots, ACloneIsNamedAfterBothAndCollidesWithNothing) {
    EXPECT_EQ(clone_name("rpool/ROOT/default", "before"), "rpool/ROOT/default_before");
    EXPECT_EQ(clone_name("p/a", "x", {"p/a_x"}), "p/a_x-2");
    EXPECT_EQ(clone_name("p/a", "x", {"p/a_x", "p/a_x-2"}), "p/a_x-3");
    EXPECT_EQ(clone_name("p/a", "of this day"), "p/a_of-this-day") << "a kernel command line ends at a blank";
    const std::string longest(250, 's');
    EXPECT_EQ(clone_name("p/a", longest).size(), 254U);
    EXPECT_EQ(clone_name("p/abcd", longest).size(), 255U);
    const auto cut = clone_name("p/abcd", longest, {clone_name("p/abcd", longest)});
    EXPECT_EQ(cut.size(), 255U);
    EXPECT_TRUE(cut.ends_with("s-2"));
}

TEST(Snapshots, PropertiesOfTheEnvironmentGoAlongThoseOfItsPlaceDoNot) {
    const auto properties = parse_own_properties(
        "mountpoint\t/\ncanmount\tnoauto\nquota\t100\nkeylocation\tprompt\ncompression\tzstd\n"
        "org.zfsbootmenu:commandline\trw quiet\torg:x=\"a b\"\norg.example:empty\t\n");
    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(clone_command("p/a@x", "p/a_x", *properties),
              (std::vector<std::string>{"zfs", "clone", "-o", "mountpoint=/", "-o", "canmount=noauto", "-o",
                                        "compression=zstd", "-o", "org.zfsbootmenu:commandline=rw quiet\torg:x=\"a b\"",
                                        "-o", "org.example:empty=", "p/a@x", "p/a_x"}));
    EXPECT_FALSE(parse_own_properties("org.example:two\tfirst\nsecond\n").has_value());
}

TEST(Snapshots, WhatAPersonMakesIsNotTakenForKldloadsOwn) {
    const auto properties =
        parse_own_properties("org.kldload:reason\tkupgrade\norg.kldload:unfinished\tp/a\norg.kldload:keymap\tde\n");
    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(*properties, (zfs::Properties{{"org.kldload:keymap", "de"}})) << "the prune destroys by the reason";
}

TEST(Snapshots, WhatACloneHasFromItsOriginIsNotGivenToIt) {
    const auto properties = parse_own_properties(
        "encryption\taes-256-gcm\nkeyformat\tpassphrase\nkeylocation\tprompt\npbkdf2iters\t350000\n"
        "casesensitivity\tsensitive\nnormalization\tformD\nutf8only\ton\natime\toff\n");
    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(*properties, (zfs::Properties{{"atime", "off"}}));
}

}  // namespace kld::menu
