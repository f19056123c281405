// SPDX-License-Identifier: BSD-3-Clause
#include "packages/undo.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::packages {
namespace {

using Names = std::vector<std::string>;

Record record(const std::string& id, const std::string& result = "done", const std::string& environment = "r/ROOT/a") {
    Record made;
    made.id = id;
    made.snapshot = result == "nothing" ? "" : environment + "@" + id;
    made.environment = environment;
    made.result = result;
    return made;
}

/// The names of what goes, or the error's message.
Names undone(const std::vector<Record>& log, const UndoWish& wish) {
    const auto records = transactions_to_undo(log, wish);
    if (!records) return {records.error().message};
    Names names;
    for (const auto& one : *records) names.push_back(one.id);
    return names;
}

TEST(Undo, TheLastOneOrANamedOneAndAllAfterIt) {
    const std::vector<Record> log{record("1"), record("2", "failed"), record("3", "nothing"), record("4"),
                                  record("5", "nothing")};
    EXPECT_EQ(undone(log, {"", "r/ROOT/a"}), (Names{"4"}));
    EXPECT_EQ(undone(log, {"2", "r/ROOT/a"}), (Names{"2", "4"}));
}

TEST(Undo, OfAnotherEnvironmentIsPassedOverUnlessItIsNamed) {
    const std::vector<Record> log{record("1"), record("2", "done", "r/ROOT/b"), record("3"),
                                  record("4", "done", "r/ROOT/b")};
    EXPECT_EQ(undone(log, {"", "r/ROOT/a"}), (Names{"3"}));
    EXPECT_EQ(undone(log, {"1", "r/ROOT/a"}), (Names{"1", "3"}));
    const auto named = transactions_to_undo(log, {"4", "r/ROOT/a"});
    ASSERT_FALSE(named);
    EXPECT_EQ(named.error().code, ExitCode::refused);
    EXPECT_EQ(named.error().message, "4 changed r/ROOT/b, and r/ROOT/a runs");
}

TEST(Undo, RecordsFollowTheirSnapshots) {
    const std::vector<Record> log{record("1"), record("2")};
    const auto follow = [&](const std::vector<Present>& there) {
        auto followed = log;
        follow_snapshots(followed, there);
        Names names;
        for (const auto& one : followed) names.push_back(one.environment + " " + one.snapshot);
        return names;
    };
    const Names as_it_was{"r/ROOT/a r/ROOT/a@1", "r/ROOT/a r/ROOT/a@2"};
    EXPECT_EQ(follow({{"r/ROOT/a"}, {"r/ROOT/a@1", "1"}, {"r/ROOT/a@2", "2"}}), as_it_was);
    EXPECT_EQ(follow({{"r/ROOT/main"}, {"r/ROOT/main@1", "1"}, {"r/ROOT/main@2", "2"}}),
              (Names{"r/ROOT/main r/ROOT/main@1", "r/ROOT/main r/ROOT/main@2"}))
        << "renamed";
    EXPECT_EQ(follow({{"r/ROOT/a"}, {"r/ROOT/b"}, {"r/ROOT/b@1", "1"}, {"r/ROOT/a@2", "2"}}),
              (Names{"r/ROOT/a r/ROOT/b@1", "r/ROOT/a r/ROOT/a@2"}))
        << "its clone was promoted";
    EXPECT_EQ(follow({{"r/ROOT/b"}, {"r/ROOT/b@1", "-"}}), as_it_was) << "a snapshot of that name is not it";

    // A staged upgrade changed the clone, and its snapshot was of what it was cloned from.
    std::vector<Record> staged{record("3")};
    staged[0].environment = "r/ROOT/a-upgrade-3";
    follow_snapshots(staged, {{"r/ROOT/a-upgrade-3"}, {"r/ROOT/a-upgrade-3@3", "3"}});
    EXPECT_EQ(staged[0].environment + " " + staged[0].snapshot, "r/ROOT/a-upgrade-3 r/ROOT/a-upgrade-3@3");
}

// The clone of the first undo waits to boot: the second goes back further. Once nothing waits, both are here still.
TEST(Undo, WhatWasUndoneCountsAsLongAsItsCloneMayBoot) {
    const std::vector<Record> log{record("1"), record("2"), record("3", "undone")};
    EXPECT_EQ(undone(log, {"", "r/ROOT/a", true}), (Names{"2"}));
    EXPECT_EQ(undone(log, {"", "r/ROOT/a", false}), (Names{"3"}));
    EXPECT_EQ(undone(log, {"2", "r/ROOT/a", false}), (Names{"2", "3"}));
    EXPECT_EQ(undone(log, {"3", "r/ROOT/a", true}), (Names{"3"})) << "who names it wants it";
}

TEST(Undo, WithoutAWayBackIsRefused) {
    auto without = record("2");
    without.snapshot.clear();
    const std::vector<Record> log{record("1", "nothing"), without};
    for (const auto& [id, reason] : {std::pair("1", "it changed nothing"), std::pair("2", "it was made without one")}) {
        const auto refused = transactions_to_undo(log, {id, "r/ROOT/a"});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ExitCode::refused);
        EXPECT_EQ(refused.error().message, std::string(id) + " has no snapshot: " + reason);
    }
    EXPECT_EQ(transactions_to_undo(log, {"", "r/ROOT/a"}).error().code, ExitCode::usage);
    EXPECT_EQ(transactions_to_undo(log, {"9", "r/ROOT/a"}).error().message, "there is no transaction 9");
}

}  // namespace
}  // namespace kld::packages
