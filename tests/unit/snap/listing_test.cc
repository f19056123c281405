// SPDX-License-Identifier: BSD-3-Clause
#include "snap/listing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/fakes.h"

namespace kld::snap {
namespace {

TEST(List, HasMoreForPrograms) {
    const auto table = list_snapshots({{.name = "p/my x@a",
                                        .created = 5,
                                        .order = 6,
                                        .used = 7,
                                        .referenced = 8,
                                        .holds = 9,
                                        .clones = {"p/y", "p/z"},
                                        .reason = "kpkg"},
                                       {.name = "p@b"}});
    EXPECT_EQ(to_tabs(table), "p/my x@a\t5\t7\t8\t9\tkpkg\tp/my x\ta\t6\tp/y,p/z\np@b\t0\t0\t0\t0\t-\tp\tb\t0\t-\n");
    const auto json = nlohmann::json::parse(to_json(table, "snapshots"));
    EXPECT_EQ(json["snapshots"][0]["dataset"], "p/my x");
    EXPECT_EQ(json["snapshots"][0]["created"], 5);
    EXPECT_TRUE(json["snapshots"][1]["reason"].is_null());
}

TEST(Space, TheMostFirst) {
    test::ReplayRunner runner;
    runner.expect(
        {"zfs", "list", "-Hp", "-r", "-t", "filesystem,volume", "-o", "name,usedbysnapshots,usedbydataset,used", "p"},
        "p\t0\t10\t100\np/a\t5\t20\t25\np/b c\t50\t1\t51\n");
    EXPECT_EQ(to_tabs(*read_space(runner, "p")), "p/b c\t50\t1\t51\np/a\t5\t20\t25\np\t0\t10\t100\n");
    runner.expect(
        {"zfs", "list", "-Hp", "-r", "-t", "filesystem,volume", "-o", "name,usedbysnapshots,usedbydataset,used"}, {}, 1,
        "no pools available");
    const auto failed = read_space(runner, {});
    ASSERT_FALSE(failed.has_value());
    EXPECT_FALSE(failed.error().hint.empty());
}

TEST(Space, OfSomeSnapshots) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "destroy", "-nvp", "p/a@1,2"}, "destroy\tp/a@1\ndestroy\tp/a@2\nreclaim\t4096\n");
    runner.expect({"zfs", "destroy", "-nvp", "p/b c@1"}, "destroy\tp/b c@1\nreclaim\t0\n");
    EXPECT_EQ(to_tabs(*read_reclaimable(runner, {{.name = "p/a@1"}, {.name = "p/b c@1"}, {.name = "p/a@2"}})),
              "p/a\t2\t4096\np/b c\t1\t0\n");
}

TEST(Space, AnAnswerThatIsNoneIsAnError) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "destroy", "-nvp", "p/a@1"}, "destroy\tp/a@1\n");
    EXPECT_EQ(read_reclaimable(runner, {{.name = "p/a@1"}}).error().code, ExitCode::unknown);
    runner.expect({"zfs", "destroy", "-nvp", "p/a@1"}, "reclaim\tx\n");
    EXPECT_FALSE(read_reclaimable(runner, {{.name = "p/a@1"}}).has_value());
    runner.expect({"zfs", "destroy", "-nvp", "p/a@1"}, {}, 1, "snapshot has dependent clones");
    EXPECT_FALSE(read_reclaimable(runner, {{.name = "p/a@1"}}).has_value());
}

TEST(Space, TwoHalvesAreNoWhole) {
    test::ReplayRunner runner;
    std::vector<Snapshot> many;
    for (unsigned i = 0; i < 10'000; ++i) many.push_back({.name = "p/x@auto-20261127-03570" + std::to_string(i)});
    std::string first = "p/x@auto-20261127-035700";
    for (unsigned i = 1; first.size() + 1 + many[i].name.size() - 4 <= 100'000; ++i)
        first += "," + many[i].name.substr(4);
    runner.expect({"zfs", "destroy", "-nvp", first}, "reclaim\t1\n");
    const auto answer = read_reclaimable(runner, many);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ExitCode::refused);
    EXPECT_FALSE(answer.error().hint.empty());
}

}  // namespace
}  // namespace kld::snap
