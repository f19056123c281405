// SPDX-License-Identifier: BSD-3-Clause
#include "snap/changes.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

using Names = std::vector<std::string>;

const std::vector<Snapshot> kChosen{{.name = "rpool/my home@a", .order = 1},
                                    {.name = "rpool/x@a", .order = 2},
                                    {.name = "rpool/my home@b c", .order = 3}};

Names commands(const Result<zfs::Plan>& plan) {
    if (!plan) return {render(plan.error())};
    Names all;
    for (const auto& step : plan->steps) all.push_back(shell_line(step.argv));
    return all;
}

TEST(Destroy, OneCommandForEachDataset) {
    const auto plan = plan_destroy(kChosen);
    EXPECT_EQ(commands(plan), (Names{"zfs destroy 'rpool/my home@a,b c'", "zfs destroy rpool/x@a"}));
    EXPECT_EQ(plan->steps[0].text, "destroy 2 snapshots of rpool/my home");
    EXPECT_EQ(plan->steps[1].text, "destroy rpool/x@a");
}

TEST(Destroy, NothingWhenOneIsHeldOrCloned) {
    auto chosen = kChosen;
    chosen[0].holds = 1;
    chosen[2].clones = {"rpool/ROOT/new", "rpool/y"};
    const auto plan = plan_destroy(chosen);
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error().code, ExitCode::refused);
    EXPECT_EQ(plan.error().details, (Names{"rpool/my home@a is held; zfs holds 'rpool/my home@a' says by whom",
                                           "rpool/my home@b c is what rpool/ROOT/new, rpool/y was cloned from"}));
    EXPECT_FALSE(plan.error().hint.empty());
}

TEST(Destroy, AnArgumentIsNoLongerThanLinuxTakes) {
    std::vector<Snapshot> many;
    for (unsigned i = 0; i < 10'000; ++i) many.push_back({.name = "rpool/x@auto-20261127-03570" + std::to_string(i)});
    const auto batches = destroy_batches(many);
    std::size_t count = 0;
    Names names;
    for (const auto& batch : batches) {
        EXPECT_LT(batch.argument.size(), 131'072U);
        EXPECT_EQ(batch.dataset, "rpool/x");
        ASSERT_TRUE(batch.argument.starts_with("rpool/x@"));
        const auto some = split(batch.argument.substr(8), ',');
        EXPECT_EQ(some.size(), batch.count);
        for (const auto& name : some) names.push_back("rpool/x@" + name);
        count += batch.count;
    }
    EXPECT_EQ(count, many.size());
    EXPECT_GT(batches.size(), 1U);
    for (std::size_t i = 0; i < many.size(); ++i) ASSERT_EQ(names[i], many[i].name);
}

TEST(Hold, EachIsTakenBackWhenALaterOneFails) {
    const auto plan = plan_hold(kChosen, "my tag", {{"rpool/x@a", "other"}});
    EXPECT_EQ(commands(plan), (Names{"zfs hold 'my tag' 'rpool/my home@a'", "zfs hold 'my tag' rpool/x@a",
                                     "zfs hold 'my tag' 'rpool/my home@b c'"}));
    for (const auto& step : plan->steps) EXPECT_EQ(step.undo, (Names{"zfs", "release", "my tag", step.argv.back()}));
}

TEST(Hold, RefusesATagThatIsThereAndTagsThatZfsKeepsForItself) {
    const auto twice = plan_hold(kChosen, "kldload", {{"rpool/x@a", "kldload"}});
    ASSERT_FALSE(twice.has_value());
    EXPECT_EQ(twice.error().code, ExitCode::refused);
    EXPECT_EQ(twice.error().message, "rpool/x@a is held as kldload already");
    for (const auto& tag : {std::string(), std::string("-r"), std::string(".send"), std::string(256, 'x')}) {
        EXPECT_EQ(plan_hold(kChosen, tag, {}).error().code, ExitCode::usage) << tag;
        EXPECT_EQ(plan_release(kChosen, tag, {}).error().code, ExitCode::usage) << tag;
    }
}

TEST(Release, OfWhatIsHeldAndNothingElse) {
    const std::vector<Hold> holds{{"rpool/my home@a", "kldload"},
                                  {"rpool/x@a", "kldload"},
                                  {"rpool/my home@b c", "mine"},
                                  {"rpool/my home@b c", "yours"}};
    const auto plan = plan_release({kChosen[0], kChosen[1]}, "kldload", holds);
    EXPECT_EQ(commands(plan), (Names{"zfs release kldload 'rpool/my home@a'", "zfs release kldload rpool/x@a"}));
    EXPECT_EQ(plan->steps[0].undo, (Names{"zfs", "hold", "kldload", "rpool/my home@a"}));
    const auto other = plan_release(kChosen, "kldload", holds);
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ExitCode::refused);
    EXPECT_EQ(other.error().message, "rpool/my home@b c is not held as kldload");
    EXPECT_EQ(other.error().hint, "it is held as: mine, yours");
    EXPECT_EQ(plan_release(kChosen, "kldload", {}).error().hint, "nobody holds it");
}

TEST(Holds, AreAskedForWhereThereAreAny) {
    test::ReplayRunner runner;
    EXPECT_TRUE(read_holds(runner, kChosen)->empty());
    auto chosen = kChosen;
    chosen[0].holds = 2;
    runner.expect({"zfs", "holds", "-H", "rpool/my home@a"},
                  "rpool/my home@a\tkldload\tFri Nov 27  3:57 2026\nrpool/my home@a\tmy tag\tFri Nov 27  3:58 2026\n");
    const auto holds = read_holds(runner, chosen);
    ASSERT_EQ(holds->size(), 2U);
    EXPECT_EQ(holds->at(1).snapshot, "rpool/my home@a");
    EXPECT_EQ(holds->at(1).tag, "my tag");
    runner.expect({"zfs", "holds", "-H", "rpool/my home@a"}, "something else\n");
    EXPECT_FALSE(read_holds(runner, chosen).has_value());
}

}  // namespace
}  // namespace kld::snap
