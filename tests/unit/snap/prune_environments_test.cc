// SPDX-License-Identifier: BSD-3-Clause
// Which boot environments go by themselves, and above all which do not.
#include "snap/prune_environments.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

constexpr std::uint64_t kDay = 86400;
constexpr std::time_t kNow = 1'000'000'000;
using Names = std::vector<std::string>;

boot::Dataset environment(const std::string& name, std::uint64_t days, const std::string& reason = "kupgrade",
                          const std::string& source = "local") {
    const auto dataset = "rpool/ROOT/" + name;
    return {dataset,
            {{"mountpoint", {"/", "local"}},
             {"canmount", {"noauto", "local"}},
             {"origin", {"rpool/ROOT/default@" + name, "-"}},
             {"used", {"1000", "-"}},
             {"creation", {std::to_string(static_cast<std::uint64_t>(kNow) - days * kDay), "-"}},
             {"org.kldload:reason", {reason, source}}}};
}

/// Five of kupgrade, 50 to 10 days old; default runs and boots next.
be::World machine() {
    be::World world{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/ROOT/default"};
    world.datasets = {environment("default", 500, "-", "-"),
                      environment("a", 50),
                      environment("b", 40),
                      environment("c", 30),
                      environment("d", 20),
                      environment("e", 10)};
    for (const auto* name : {"a", "b", "c", "d", "e"})
        world.snapshots.push_back({.name = std::string("rpool/ROOT/default@") + name,
                                   .clones = {std::string("rpool/ROOT/") + name},
                                   .reason = "kupgrade"});
    world.mounts = {{"rpool/ROOT/default", "/", "zfs"}};
    world.now = kNow;
    return world;
}

Names going(const be::World& world, const Policy& policy, const PoolSpace& space = {}) {
    Names names;
    const auto pruning = plan_prune_environments(world, policy, space);
    EXPECT_TRUE(pruning.has_value());
    for (const auto& one : pruning->decisions)
        if (one.goes) names.push_back(world.name_of(one.dataset));
    return names;
}

std::string why(const be::World& world, const std::string& name) {
    const auto pruning = plan_prune_environments(world, {.keep = 0}, {});
    for (const auto& one : pruning->decisions)
        if (one.dataset == "rpool/ROOT/" + name) return one.goes ? "goes" : one.why;
    return "not looked at";
}

}  // namespace

TEST(PruneEnvironments, ByCountAndAge) {
    const auto world = machine();
    EXPECT_EQ(going(world, {.keep = 2}), (Names{"a", "b", "c"}));
    EXPECT_EQ(going(world, {.older_than = 30 * kDay}), (Names{"a", "b"}));
    EXPECT_EQ(going(world, {.keep = 4, .older_than = 30 * kDay}), (Names{"a"}));
    EXPECT_EQ(going(world, {.keep = 0}).size(), 5U);
    EXPECT_EQ(going(world, {.keep = 9}), Names{});
}

TEST(PruneEnvironments, TheOldestGoUntilEnoughIsFree) {
    auto world = machine();
    const PoolSpace space{.used = 100'000, .available = 5'000};
    EXPECT_EQ(going(world, {.keep = 1, .min_free = 5'000}, space), Names{}) << "so much is free already";
    EXPECT_EQ(going(world, {.keep = 1, .min_free = 6'500}, space), (Names{"a", "b"})) << "each holds 1000";
    EXPECT_EQ(going(world, {.keep = 4, .min_free = 50'000}, space), (Names{"a"})) << "the newest stay in any case";
    EXPECT_EQ(going(world, {.older_than = 35 * kDay, .min_free = 6'000}, space), (Names{"a"}));
    auto big = world;
    big.snapshots[0].used = 9'000;
    EXPECT_EQ(going(big, {.keep = 1, .min_free = 15'000}, space), (Names{"a"})) << "what it was made of goes, too";
    big.snapshots[0].holds = 1;
    EXPECT_EQ(going(big, {.keep = 1, .min_free = 7'000}, space), (Names{"a", "b"})) << "unless it is held";
    world.mounts.push_back({"rpool/ROOT/a", "/mnt", "zfs"});
    EXPECT_EQ(going(world, {.keep = 1, .min_free = 6'000}, space), (Names{"b"})) << "what stays frees nothing";
    const auto pruning = plan_prune_environments(world, {.keep = 1, .min_free = 6'000}, space);
    ASSERT_TRUE(pruning.has_value());
    EXPECT_EQ(pruning->decisions[1].why, "not the newest, less than 5.9 KiB is free");
    EXPECT_EQ(pruning->decisions[2].why, "5.9 KiB is free without it");
}

TEST(PruneEnvironments, OriginsGoAlong) {
    const auto pruning = plan_prune_environments(machine(), {.keep = 4}, {});
    ASSERT_TRUE(pruning.has_value());
    Names commands;
    for (const auto& plan : pruning->plans)
        for (const auto& step : plan.steps) commands.push_back(shell_line(step.argv));
    EXPECT_EQ(commands, (Names{"zfs destroy rpool/ROOT/a", "zfs destroy rpool/ROOT/default@a"}));
}

TEST(PruneEnvironments, OriginsThatWereNotMadeForThemStay) {
    const auto commands = [](const be::World& world) {
        const auto pruning = plan_prune_environments(world, {.keep = 4}, {});
        Names all;
        if (pruning)
            for (const auto& plan : pruning->plans)
                for (const auto& step : plan.steps) all.push_back(shell_line(step.argv));
        return all;
    };
    const Names alone{"zfs destroy rpool/ROOT/a"};
    for (const auto* reason : {"", "kpkg", "ksnap", "scheduled-daily"}) {
        auto world = machine();
        world.snapshots[0].reason = reason;
        EXPECT_EQ(commands(world), alone) << "a snapshot of " << reason;
    }
    auto held = machine();
    held.snapshots[0].holds = 1;
    EXPECT_EQ(commands(held), alone) << "and a held one is no reason to stop";
    // What a person went back to by ksnap rollback.
    auto back = machine();
    back.datasets[1] = environment("a", 50, "ksnap");
    back.datasets.push_back(environment("z", 1, "ksnap"));
    back.snapshots[0].reason = "ksnap";
    const auto pruning = plan_prune_environments(back, {.keep = 1, .older_than = 45 * kDay}, {});
    ASSERT_TRUE(pruning.has_value());
    ASSERT_EQ(pruning->plans.size(), 1U);
    ASSERT_EQ(pruning->plans[0].steps.size(), 1U);
    EXPECT_EQ(pruning->plans[0].steps[0].argv, (Names{"zfs", "destroy", "rpool/ROOT/a"}));
}

TEST(PruneEnvironments, SomebodyElsesAreNotLookedAt) {
    auto world = machine();
    world.datasets.push_back(environment("inherited", 99, "kupgrade", "inherited from rpool/ROOT"));
    world.datasets.push_back(environment("received", 99, "kupgrade", "received"));
    world.datasets.push_back(environment("mine", 99, "-", "-"));
    for (const auto* name : {"default", "inherited", "received", "mine"}) EXPECT_EQ(why(world, name), "not looked at");
}

TEST(PruneEnvironments, EachReasonHasItsOwnNewest) {
    auto world = machine();
    world.datasets.push_back(environment("back", 45, "ksnap"));
    EXPECT_EQ(going(world, {.keep = 1}), (Names{"a", "b", "c", "d"}));
    EXPECT_EQ(going(world, {.keep = 0}).size(), 6U);
}

TEST(PruneEnvironments, WhatIsNeededStays) {
    EXPECT_EQ(why(machine(), "a"), "goes");
    auto world = machine();
    world.running = "rpool/ROOT/a";
    EXPECT_EQ(why(world, "a"), "runs");
    world = machine();
    world.next = "rpool/ROOT/a";
    EXPECT_EQ(why(world, "a"), "boots next");
    world = machine();
    world.trial = boot::Trial{.sequence = 1, .dataset = "rpool/ROOT/a", .left = 1};
    EXPECT_EQ(why(world, "a"), "on trial");
    world = machine();
    world.mounts.push_back({"rpool/ROOT/a", "/mnt", "zfs"});
    EXPECT_EQ(why(world, "a"), "mounted on /mnt");
    world = machine();
    world.datasets.push_back(environment("a/below", 1, "-", "-"));
    EXPECT_EQ(why(world, "a"), "has datasets below it");
    world = machine();
    world.snapshots.push_back({.name = "rpool/ROOT/a@x", .holds = 1, .reason = "kpkg"});
    EXPECT_EQ(why(world, "a"), "rpool/ROOT/a@x is held");
    world.snapshots.back() = {.name = "rpool/ROOT/a@x", .clones = {"rpool/ROOT/b"}, .reason = "kpkg"};
    EXPECT_EQ(why(world, "a"), "origin of rpool/ROOT/b");
    world.snapshots.back() = {.name = "rpool/ROOT/a@x"};
    EXPECT_EQ(why(world, "a"), "rpool/ROOT/a@x was made by a person");
    world.snapshots.back() = {.name = "rpool/ROOT/a@manual-20261127-120000", .reason = "ksnap"};
    EXPECT_EQ(why(world, "a"), "rpool/ROOT/a@manual-20261127-120000 was made by a person") << "ksnap create";
    world.snapshots.back() = {.name = "rpool/ROOT/a@x", .reason = "kpkg"};
    EXPECT_EQ(why(world, "a"), "goes") << "with its own snapshot of ours";
    world.snapshots.back() = {.name = "rpool/ROOT/a@autosnap_2026-11-27_00:00:00_daily"};
    EXPECT_EQ(why(world, "a"), "goes") << "with one of sanoid";
    EXPECT_EQ(why(machine(), "b"), "goes");
}

}  // namespace kld::snap
