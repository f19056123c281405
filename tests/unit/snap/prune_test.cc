// SPDX-License-Identifier: BSD-3-Clause
// What is taken away, and above all what is not.
#include "snap/prune.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kNow = 1'000'000'000;
constexpr std::uint64_t kDay = 86400;
using Names = std::vector<std::string>;

/// Made so many days ago; the older, the lower its transaction.
Snapshot made(const std::string& name, std::uint64_t days, const std::string& reason = "ksnap",
              std::uint64_t used = 100) {
    return {.name = name,
            .created = static_cast<std::uint64_t>(kNow) - days * kDay,
            .order = 100'000 - days * 10,
            .used = used,
            .reason = reason};
}

const std::vector<Snapshot> kFive{made("p/x@1", 50), made("p/x@2", 40), made("p/x@3", 30), made("p/x@4", 20),
                                  made("p/x@5", 10)};

Names going(const std::vector<Snapshot>& snapshots, const Policy& policy, const PoolSpace& space = {}) {
    Names names;
    for (const auto& one : plan_prune(snapshots, policy, space, kNow).decisions)
        if (one.goes) names.push_back(one.snapshot.name);
    return names;
}
std::string why(const std::vector<Snapshot>& snapshots, const Policy& policy, const std::string& name,
                const PoolSpace& space = {}) {
    for (const auto& one : plan_prune(snapshots, policy, space, kNow).decisions)
        if (one.snapshot.name == name) return (one.goes ? "goes: " : "stays: ") + one.why;
    return "not looked at";
}

TEST(Prune, KeepsTheNewest) {
    EXPECT_EQ(going(kFive, {.keep = 2}), (Names{"p/x@1", "p/x@2", "p/x@3"}));
    EXPECT_EQ(going(kFive, {.keep = 5}), Names{});
    EXPECT_EQ(going(kFive, {.keep = 99}), Names{});
    EXPECT_EQ(going(kFive, {.keep = 0}).size(), 5U);
    EXPECT_EQ(why(kFive, {.keep = 2}, "p/x@4"), "stays: among the newest 2");
    EXPECT_EQ(why(kFive, {.keep = 2}, "p/x@3"), "goes: not among the newest 2");
    EXPECT_EQ(why(kFive, {.keep = 0}, "p/x@5"), "goes: none is kept");
}

TEST(Prune, OldOnesGo) {
    EXPECT_EQ(going(kFive, {.older_than = 30 * kDay}), (Names{"p/x@1", "p/x@2"})) << "of just that age is not older";
    EXPECT_EQ(going(kFive, {.older_than = 0}), (Names{"p/x@1", "p/x@2", "p/x@3", "p/x@4"}))
        << "the newest stays unless --keep 0 says so";
    EXPECT_EQ(going(kFive, {.keep = 0, .older_than = 0}).size(), 5U);
    EXPECT_EQ(why(kFive, {.older_than = 30 * kDay}, "p/x@3"), "stays: younger than 30 d");
    EXPECT_EQ(why(kFive, {.older_than = 30 * kDay}, "p/x@2"), "goes: older than 30 d, not the newest");
}

TEST(Prune, ItGoesWhenEveryRuleLetsItGo) {
    EXPECT_EQ(going(kFive, {.keep = 4, .older_than = 15 * kDay}), (Names{"p/x@1"}));
    EXPECT_EQ(going(kFive, {.keep = 1, .older_than = 45 * kDay}), (Names{"p/x@1"}));
    EXPECT_EQ(why(kFive, {.keep = 1, .older_than = 45 * kDay}, "p/x@1"), "goes: older than 45 d, not the newest");
}

TEST(Prune, TheOldestGoUntilThereIsRoom) {
    const PoolSpace space{.used = 900, .available = 100};
    EXPECT_EQ(going(kFive, {.min_free = 250}, space), (Names{"p/x@1", "p/x@2"}));
    EXPECT_EQ(going(kFive, {.min_free = 100}, space), Names{}) << "there is enough";
    EXPECT_EQ(going(kFive, {.min_free = 1000}, space), (Names{"p/x@1", "p/x@2", "p/x@3", "p/x@4"}));
    EXPECT_EQ(going(kFive, {.keep = 4, .min_free = 1000}, space), (Names{"p/x@1"}))
        << "the others are kept all the same";
    EXPECT_EQ(why(kFive, {.min_free = 250}, "p/x@3", space), "stays: 250 B is free without it");
    EXPECT_EQ(why(kFive, {.min_free = 250}, "p/x@1", space), "goes: not the newest, less than 250 B is free");
}

TEST(Prune, TheOldestOfAllDatasetsGoFirst) {
    const std::vector<Snapshot> mixed{made("p/y@1", 45), made("p/x@1", 50), made("p/x@2", 40), made("p/y@2", 5),
                                      made("p/x@3", 4)};
    EXPECT_EQ(going(mixed, {.min_free = 300}, {.used = 900, .available = 100}), (Names{"p/x@1", "p/y@1"}));
}

TEST(Prune, CountsEachDatasetAndReasonAlone) {
    const std::vector<Snapshot> mixed{made("p/x@1", 50), made("p/x@2", 40, "kpkg"), made("p/y@1", 30),
                                      made("p/x@3", 20), made("p/x@4", 10, "kpkg"), made("p/y/z@1", 5)};
    EXPECT_EQ(going(mixed, {.keep = 1}), (Names{"p/x@1", "p/x@2"}));
}

TEST(Prune, WhatIsNotOursIsNotLookedAt) {
    auto snapshots = kFive;
    snapshots[0].reason.clear();
    snapshots[1].reason = "-";
    EXPECT_EQ(going(snapshots, {.keep = 0}), (Names{"p/x@3", "p/x@4", "p/x@5"}));
    EXPECT_EQ(why(snapshots, {.keep = 0}, "p/x@1"), "not looked at");
    EXPECT_EQ(why(snapshots, {.keep = 0}, "p/x@2"), "not looked at");
    EXPECT_TRUE(plan_prune({snapshots[0]}, {.keep = 0}, {}, kNow).plan.steps.empty());
}

TEST(Prune, HeldOnesAndOriginsStayAndCount) {
    auto snapshots = kFive;
    snapshots[0].holds = 1;
    snapshots[3].clones = {"p/ROOT/new"};
    snapshots[4].holds = 2;
    EXPECT_EQ(going(snapshots, {.keep = 0, .older_than = 0, .min_free = 1U << 30}, {.used = 900, .available = 0}),
              (Names{"p/x@2", "p/x@3"}));
    EXPECT_EQ(why(snapshots, {.keep = 0}, "p/x@1"), "stays: held");
    EXPECT_EQ(why(snapshots, {.keep = 0}, "p/x@4"), "stays: origin of p/ROOT/new");
    EXPECT_EQ(going(snapshots, {.keep = 2}), (Names{"p/x@2", "p/x@3"})) << "they are the newest two";
}

TEST(Prune, AnExportThatMayRunKeepsItsSnapshotAndAKilledOneDoesNot) {
    const std::vector<Snapshot> all{made("p/x@old", 2, "kexport"), made("p/x@today", 1, "kexport")};
    EXPECT_EQ(why(all, {.keep = 0}, "p/x@today"), "stays: an export may need it");
    EXPECT_EQ(going(all, {.keep = 10}), Names{"p/x@old"}) << "nobody wants the newest of these";
    EXPECT_EQ(going(all, {.older_than = 30 * kDay}), Names{});
}

TEST(Prune, AClockThatWasWrongLetsNothingGo) {
    auto snapshots = kFive;
    snapshots[0].created = static_cast<std::uint64_t>(kNow) + 500 * kDay;
    EXPECT_EQ(going(snapshots, {.older_than = kDay}), (Names{"p/x@2", "p/x@3", "p/x@4"}));
    EXPECT_EQ(going(snapshots, {.keep = 4}), (Names{"p/x@1"})) << "by transaction it is the oldest all the same";
}

TEST(Prune, TheOrderOfTheListDoesNotMatter) {
    const std::vector<Snapshot> turned(kFive.rbegin(), kFive.rend());
    EXPECT_EQ(going(turned, {.keep = 2}), (Names{"p/x@1", "p/x@2", "p/x@3"}));
}

TEST(Prune, ThePlanHasJustWhatGoes) {
    const std::vector<Snapshot> mixed{made("p/my x@a b", 50), made("p/my x@c", 40), made("p/y@1", 30),
                                      made("p/my x@d", 20), made("p/y@2", 10)};
    const auto plan = plan_prune(mixed, {.keep = 1}, {}, kNow).plan;
    Names lines;
    for (const auto& step : plan.steps) lines.push_back(shell_line(step.argv));
    EXPECT_EQ(lines, (Names{"zfs destroy 'p/my x@a b,c'", "zfs destroy p/y@1"}));
    EXPECT_TRUE(plan_prune({}, {.keep = 0}, {}, kNow).plan.steps.empty());
}

TEST(Prune, ByItselfNothingThatAPersonMade) {
    auto some = kFive;
    some[1].reason = "kpkg";
    some[3].reason = "kpkg";
    EXPECT_EQ(going(some, {.keep = 0, .automatic = true}), (Names{"p/x@2", "p/x@4"}));
    EXPECT_EQ(why(some, {.keep = 0, .automatic = true}, "p/x@1"), "not looked at");
}

TEST(Prune, IsListedWithItsReasons) {
    const auto table = list_decisions(plan_prune({kFive[0], kFive[4]}, {.keep = 1}, {}, kNow).decisions);
    EXPECT_EQ(to_tabs(table),
              "p/x@1\t995680000\t100\tnot the newest\tyes\tksnap\np/x@5\t999136000\t100\tthe newest\tno\tksnap\n");
}

TEST(MinFree, IsAPartOfThePoolOrASize) {
    EXPECT_EQ(parse_min_free("10%", {.used = 900, .available = 100}), 100U);
    EXPECT_EQ(parse_min_free("0%", {.used = 900, .available = 100}), 0U);
    EXPECT_EQ(parse_min_free("1K", {}), 1024U);
    for (const auto* text : {"%", "101%", "-1%", "x", "1.5%", ""})
        EXPECT_EQ(parse_min_free(text, {}).error().code, ExitCode::usage) << text;
}

TEST(PoolSpaceOf, CountsWhatIsBeingFreed) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "list", "-Hp", "-t", "filesystem", "-o", "used,available", "tank"}, "900\t100\n");
    runner.expect({"zpool", "get", "-Hp", "-o", "value", "freeing", "tank"}, "50\n");
    const auto space = read_pool_space(runner, "tank");
    EXPECT_EQ(space->used, 850U);
    EXPECT_EQ(space->available, 150U);
}

}  // namespace
}  // namespace kld::snap
