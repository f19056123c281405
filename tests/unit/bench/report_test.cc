// SPDX-License-Identifier: BSD-3-Clause
#include "bench/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace kld::bench {
namespace {

Figure measured() {
    return {"pool", "s", 12.5, 10, 1.2, "mke2fs", summarise({12.5, 12, 14}), summarise({10}), {"a busy machine"}};
}

Figure absolute() {
    return {"memory", "MiB", 256, 512, 1.0, "limit"};
}

TEST(Series, TheMedianIsTheMiddleRunInWhateverOrder) {
    const auto series = summarise({9, 1, 5});
    EXPECT_EQ(series.median, 5);
    EXPECT_EQ(series.least, 1);
    EXPECT_EQ(series.most, 9);
    EXPECT_EQ(series.runs, 3U);
}

TEST(Series, OfAnEvenNumberTheMedianIsTheMeanOfTheTwoInTheMiddle) {
    EXPECT_EQ(summarise({100, 1, 2, 4}).median, 3);
    EXPECT_EQ(summarise({7}).median, 7);
}

TEST(Series, NoRunsAreABug) {
    EXPECT_THROW(summarise({}), std::invalid_argument);
}

TEST(Report, ARowSaysWhetherItsLimitIsKept) {
    EXPECT_EQ(
        text_report({measured(), absolute()}),
        "figure             ours                     yardstick                which is         ratio  limit  \n"
        "pool               12.5 s (12.0-14.0)       10.0 s (10.0-10.0)       mke2fs            1.25   1.20  MISSED\n"
        "memory             256.0 MiB                512.0 MiB                limit             0.50   1.00  kept\n"
        "pool: a busy machine\n");
}

TEST(Report, ALimitThatIsJustReachedIsKept) {
    auto figure = absolute();
    figure.ours = figure.yardstick;
    EXPECT_TRUE(figure.kept());
    figure.ours += 1;
    EXPECT_FALSE(figure.kept());
}

TEST(Report, JsonHasAllOfIt) {
    const auto report = nlohmann::json::parse(json_report({measured(), absolute()}));
    EXPECT_EQ(report["version"], 1);
    ASSERT_EQ(report["figures"].size(), 2U);
    const auto& first = report["figures"][0];
    EXPECT_EQ(first["name"], "pool");
    EXPECT_EQ(first["ours"], 12.5);
    EXPECT_EQ(first["yardstick"], 10);
    EXPECT_EQ(first["ratio"], 1.25);
    EXPECT_EQ(first["kept"], false);
    EXPECT_EQ(first["our_runs"]["most"], 14);
    EXPECT_EQ(first["yardstick_runs"]["runs"], 1);
    EXPECT_EQ(first["notes"][0], "a busy machine");
    EXPECT_TRUE(report["figures"][1]["our_runs"].is_null());
    EXPECT_EQ(report["figures"][1]["kept"], true);
}

}  // namespace
}  // namespace kld::bench
