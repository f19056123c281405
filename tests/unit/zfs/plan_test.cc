// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/plan.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::zfs {
namespace {

Plan two_steps() {
    return {{{"snapshot a@x", {"zfs", "snapshot", "a@x"}, {"zfs", "destroy", "a@x"}},
             {"clone a@x as a/b", {"zfs", "clone", "a@x", "a/b"}, {}}},
            {}};
}

TEST(Plan, IsDoneInOrder) {
    test::ReplayRunner runner;
    test::CaptureEvents events;
    runner.expect({"zfs", "snapshot", "a@x"});
    runner.expect({"zfs", "clone", "a@x", "a/b"});
    ASSERT_TRUE(apply(two_steps(), runner, events));
    EXPECT_EQ(events.told, (std::vector<std::string>{"stage snapshot a@x", "stage clone a@x as a/b", "finish"}));
}

TEST(Plan, WhatAStepSaysAndDoesNotFailForIsAWarning) {
    test::ReplayRunner runner;
    test::CaptureEvents events;
    runner.expect({"zfs", "snapshot", "a@x"});
    runner.expect({"zfs", "clone", "a@x", "a/b"}, {}, 0, "cannot mount '/a/b': failed\ncreated, but not mounted\n");
    ASSERT_TRUE(apply(two_steps(), runner, events));
    EXPECT_EQ(events.told, (std::vector<std::string>{"stage snapshot a@x", "stage clone a@x as a/b",
                                                     "warning cannot mount '/a/b': failed",
                                                     "warning created, but not mounted", "finish"}));
}

TEST(Plan, AStepWithoutACommandIsShownWithoutOne) {
    const Plan plan{{{"write a record", {}}, {"snapshot a@x", {"zfs", "snapshot", "a@x"}}}, {"it takes long"}};
    EXPECT_EQ(to_text(plan), "warning: it takes long\n1. write a record\n2. snapshot a@x\n   zfs snapshot a@x\n");
    EXPECT_NE(to_json(plan).find("\"text\": \"write a record\",\n      \"argv\": []\n"), std::string::npos)
        << to_json(plan);
}

TEST(Plan, AFailureTakesBackWhatWasDone) {
    test::ReplayRunner runner;
    NoEvents events;
    runner.expect({"zfs", "snapshot", "a@x"});
    runner.expect({"zfs", "clone", "a@x", "a/b"}, {}, 1, "cannot create 'a/b': out of space");
    runner.expect({"zfs", "destroy", "a@x"});
    const auto done = apply(two_steps(), runner, events);
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().message.starts_with("cannot clone a@x as a/b")) << done.error().message;
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

TEST(Plan, WhatIsDoneIsNotDoneAgainAndTakenBack) {
    auto plan = two_steps();
    plan.steps[0].done = true;
    test::ReplayRunner runner;
    test::CaptureEvents events;
    runner.expect({"zfs", "clone", "a@x", "a/b"}, {}, 1);
    runner.expect({"zfs", "destroy", "a@x"});
    ASSERT_FALSE(apply(plan, runner, events));
    EXPECT_EQ(events.told, (std::vector<std::string>{"stage snapshot a@x", "stage clone a@x as a/b"}));
}

TEST(Plan, WhatCannotBeTakenBackIsTold) {
    {
        test::ReplayRunner runner;
        NoEvents events;
        runner.expect({"zfs", "snapshot", "a@x"});
        runner.expect({"zfs", "clone", "a@x", "a/b"}, {}, 1);
        runner.expect({"zfs", "destroy", "a@x"}, {}, 1);
        const auto done = apply(two_steps(), runner, events);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().details.back(), "could not be taken back: zfs destroy a@x");
    }
    auto plan = two_steps();
    plan.steps[0].undo.clear();
    test::ReplayRunner runner;
    NoEvents events;
    runner.expect({"zfs", "snapshot", "a@x"});
    runner.expect({"zfs", "clone", "a@x", "a/b"}, {}, 1);
    const auto done = apply(plan, runner, events);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().details.back(), "stays: snapshot a@x");
}

TEST(Plan, IsShownWithItsCommands) {
    auto plan = two_steps();
    plan.warnings = {"a is read only"};
    plan.steps[1].argv.back() = "a/b c";
    EXPECT_EQ(
        to_text(plan),
        "warning: a is read only\n1. snapshot a@x\n   zfs snapshot a@x\n2. clone a@x as a/b\n   zfs clone a@x 'a/b "
        "c'\n");
    EXPECT_EQ(to_text(Plan{}), "nothing to do\n");
    plan.steps[1].argv.back() = "a name that is not UTF-8: \xff";
    EXPECT_NE(to_json(plan).find("\"version\": 1"), std::string::npos);
}

TEST(Names, StampsAreOfUtcAndNeverTaken) {
    constexpr std::time_t kMoment = 1795751820;  // date --date='2026-11-27T03:57:00Z' +%s
    std::vector<std::string> there;
    const auto next = [&] {
        return there.emplace_back(stamped("kpkg", kMoment, [&](const auto& name) { return contains(there, name); }));
    };
    EXPECT_EQ(next(), "kpkg-20261127-035700");
    EXPECT_EQ(next(), "kpkg-20261127-035700-2");
    EXPECT_EQ(next(), "kpkg-20261127-035700-3");
}

TEST(Names, WhatZfsDoesNotTakeIsRefused) {
    for (const auto* good : {"default", "before update", "a.b_c-d:e", "1"})
        EXPECT_TRUE(check_component(good, "thing")) << good;
    for (const auto* bad : {"", "a/b", "a@b", "a#b", "größe", ".", "..", "-F", " a", "a ", "a%b", "a\n"}) {
        const auto done = check_component(bad, "thing");
        ASSERT_FALSE(done) << bad;
        EXPECT_EQ(done.error().code, ExitCode::usage);
    }
    EXPECT_TRUE(check_length(std::string(255, 'a')));
    EXPECT_FALSE(check_length(std::string(256, 'a')));
    EXPECT_EQ(split_snapshot("a/b@c").dataset, "a/b");
    EXPECT_EQ(split_snapshot("a/b@c").snapshot, "c");
    EXPECT_EQ(split_snapshot("a/b").snapshot, "");
}

TEST(Query, SaysWhatItWantsInOneCommand) {
    test::ReplayRunner runner;
    runner.expect(
        {"zfs", "get", "-Hp", "-r", "-t", "filesystem", "-o", "name,property,value,source", "used,origin", "p"},
        "p\tused\t5\t-\np\torigin\t-\t-\n");
    const auto datasets = get(runner, {.root = "p", .properties = {"used", "origin"}});
    ASSERT_TRUE(datasets);
    EXPECT_EQ(number((*datasets)[0].value("used")), 5U);
    EXPECT_EQ(number((*datasets)[0].value("origin")), 0U);

    runner.expect({"zfs", "list", "-Hp", "-d", "1", "-t", "snapshot", "-o", "name,used", "p"}, "p@a\t1\np@b c\t2\n");
    const auto rows = list(runner, {.root = "p", .types = {"snapshot"}, .properties = {"name", "used"}, .depth = 1});
    ASSERT_TRUE(rows);
    EXPECT_EQ((*rows)[1], (std::vector<std::string>{"p@b c", "2"}));

    runner.expect({"zfs", "list", "-Hp", "-r", "-t", "snapshot", "-o", "name,used"}, "p@a\n");
    EXPECT_FALSE(list(runner, {.types = {"snapshot"}, .properties = {"name", "used"}})) << "a line cut short";
}

}  // namespace
}  // namespace kld::zfs
