// SPDX-License-Identifier: BSD-3-Clause
#include "snap/schedule.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC
using Names = std::vector<std::string>;

boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount = "on") {
    return {name, {{"mountpoint", {mountpoint, "local"}}, {"canmount", {canmount, "local"}}}};
}

const std::vector<boot::Dataset> kMachine{
    dataset("tank", "none", "off"),          dataset("tank/ROOT", "none", "off"), dataset("tank/ROOT/a", "/", "noauto"),
    dataset("tank/ROOT/b", "/", "noauto"),   dataset("tank/home", "/home"),       dataset("tank/var", "/var", "off"),
    dataset("tank/var/cache", "/var/cache"), dataset("tank/var/log", "/var/log"), dataset("tank/var/tmp", "/var/tmp")};

/// The newest has the highest number. @param reason  as the snapshot carries it itself
std::vector<Snapshot> made(const std::string& dataset, const std::string& name, unsigned count,
                           const std::string& reason) {
    std::vector<Snapshot> all;
    for (unsigned i = 1; i <= count; ++i) {
        Snapshot one;
        one.name = dataset + "@" + name + std::to_string(i);
        one.created = one.order = i;
        one.reason = reason;
        all.push_back(one);
    }
    return all;
}

Names round(const std::string& period, const std::vector<Snapshot>& snapshots) {
    const auto known = period_named(period);
    EXPECT_TRUE(known.has_value());
    const auto creation = plan_round(*known, kMachine, "tank/ROOT", snapshots, kMoment);
    if (!creation) return {render(creation.error())};
    Names all;
    for (const auto& step : creation->plan.steps) all.push_back(shell_line(step.argv));
    return all;
}

TEST(Schedule, AnHourIsForDataAlone) {
    EXPECT_EQ(round("hourly", {}), (Names{"zfs snapshot -o org.kldload:reason=scheduled-hourly "
                                          "tank/home@auto-hourly-20261127-035700 "
                                          "tank/var/log@auto-hourly-20261127-035700"}));
}

TEST(Schedule, ADayIsForBootEnvironmentsToo) {
    EXPECT_EQ(round("daily", {}),
              (Names{"zfs snapshot -o org.kldload:reason=scheduled-daily tank/ROOT/a@auto-daily-20261127-035700 "
                     "tank/ROOT/b@auto-daily-20261127-035700 tank/home@auto-daily-20261127-035700 "
                     "tank/var/log@auto-daily-20261127-035700"}));
}

TEST(Schedule, TheOldestOfThePeriodGoesAndNoOther) {
    auto all = made("tank/home", "w", 8, "scheduled-weekly");
    const auto other = made("tank/home", "d", 40, "scheduled-daily"),
               root = made("tank/ROOT/a", "m", 3, "scheduled-monthly"), inherited = made("tank/var/log", "x", 40, ""),
               own = made("tank/home", "mine", 40, "ksnap");
    for (const auto* some : {&other, &root, &inherited, &own}) all.insert(all.end(), some->begin(), some->end());
    auto steps = round("weekly", all);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[1], "zfs destroy tank/home@w1");
    steps = round("monthly", all);
    ASSERT_EQ(steps.size(), 2U) << "of a root three are kept, of data six";
    EXPECT_EQ(steps[1], "zfs destroy tank/ROOT/a@m1");
    steps = round("daily", all);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[1], "zfs destroy tank/home@d1,d2,d3,d4,d5,d6,d7,d8,d9,d10,d11");
}

TEST(Schedule, WhatIsHeldOrAnOriginStaysAndCounts) {
    auto all = made("tank/home", "w", 9, "scheduled-weekly");
    all[0].holds = 1;
    all[1].clones = {"tank/copy"};
    const auto steps = round("weekly", all);
    ASSERT_EQ(steps.size(), 1U) << join(steps, "\n");
    EXPECT_NE(steps[0].find("snapshot"), std::string::npos);
}

TEST(Schedule, TheNameIsFreeEverywhere) {
    auto taken = made("tank/var/log", "y", 1, "");
    taken[0].name = "tank/var/log@auto-hourly-20261127-035700";
    EXPECT_NE(round("hourly", taken)[0].find("tank/home@auto-hourly-20261127-035700-2 "), std::string::npos);
}

TEST(Schedule, KnowsItsPeriods) {
    const auto unknown = period_named("minutely");
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error().code, ExitCode::usage);
    EXPECT_EQ(unknown.error().hint, "there are hourly, daily, weekly, monthly");
}

TEST(Schedule, APoolWithoutAnythingOfThePeriod) {
    const auto known = period_named("hourly");
    const auto creation = plan_round(*known, {dataset("tank", "none", "off")}, "tank/ROOT", {}, kMoment);
    ASSERT_TRUE(creation.has_value());
    EXPECT_TRUE(creation->plan.steps.empty());
}

}  // namespace
}  // namespace kld::snap
