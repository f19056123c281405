// SPDX-License-Identifier: BSD-3-Clause
#include "status/machine.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace kld::status::test {
namespace {

TEST(Machine, ArcOfBothZfsVersions) {
    const auto old = parse_arcstats(sample("zfs-2.1/arcstats.txt"));
    ASSERT_TRUE(old.has_value());
    EXPECT_EQ(old->size, 1288490188U);
    EXPECT_EQ(old->limit, 4152360960U);
    EXPECT_EQ(old->hits, 911203U);
    EXPECT_EQ(old->misses, 12001U);
    EXPECT_EQ(parse_arcstats(sample("zfs-2.3/arcstats.txt"))->hits, 912000U);
    EXPECT_FALSE(parse_arcstats("name type data\nsize 4 1\n").has_value());
}

TEST(Machine, MemoryIsInBytes) {
    const auto memory = parse_meminfo("MemTotal:        8106508 kB\nMemAvailable:    5892116 kB\n");
    ASSERT_TRUE(memory.has_value());
    EXPECT_EQ(memory->total, 8106508ULL * 1024);
    EXPECT_EQ(memory->available, 5892116ULL * 1024);
    EXPECT_FALSE(parse_meminfo("MemTotal:        8106508 kB\n").has_value());
}

TEST(Machine, ProcessorsAreCountedByRanges) {
    EXPECT_EQ(parse_processors("0\n"), 1U);
    EXPECT_EQ(parse_processors("0-3,8,10-11\n"), 7U);
    EXPECT_FALSE(parse_processors("").has_value());
    EXPECT_FALSE(parse_processors("3-0").has_value());
}

TEST(Machine, LoadAndUptime) {
    EXPECT_EQ(parse_load("0.12 10.20 0.15 1/312 40211\n"), (std::vector<double>{0.12, 10.2, 0.15}));
    EXPECT_FALSE(parse_load("0.12 x 0.15\n").has_value());
    EXPECT_EQ(parse_uptime("1047604.21 4012230.80\n"), 1047604U);
    EXPECT_FALSE(parse_uptime("").has_value());
}

TEST(Machine, FailedUnitsByName) {
    EXPECT_EQ(parse_failed_units("nginx.service loaded failed failed A high performance web server\n"
                                 "srv-data.mount not-found failed failed srv-data.mount\n"),
              (std::vector<std::string>{"nginx.service", "srv-data.mount"}));
    EXPECT_TRUE(parse_failed_units("").empty());
}

TEST(Machine, TransactionsThatAreNotUnderstoodAreSkipped) {
    const std::string good =
        R"({"version":1,"id":"a","time":10,"argv":["kpkg","install","a b"],"result":"done","changes":[{},{}]})";
    const std::string text = good + "\n" + R"({"version":2,"id":"b","time":11,"argv":["kpkg"],"result":"done"})" +
                             "\n" + R"({"version":1,"id":"c","time":"late","argv":["kpkg"],"result":"done"})" + "\n" +
                             R"({"version":1,"id":"d","time":12,"argv":"kpkg","result":"done"})" + "\n" +
                             R"({"version":1,"id":"e","time":13,"argv":[1],"result":"done"})" + "\n" +
                             R"({"version":1,"id":"f","time":14,"argv":["kpkg"]})" + "\n" +
                             "[1,2]\n\nhalf {\"version\":1,\n";
    const auto found = parse_transactions(text, 5);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, "a");
    EXPECT_EQ(found[0].argv, (std::vector<std::string>{"kpkg", "install", "a b"}));
    EXPECT_EQ(found[0].packages, 2U);
}

TEST(Machine, TheNewestTransactionsComeFirst) {
    std::string text;
    for (int i = 1; i <= 9; ++i)
        text += R"({"version":1,"id":"t)" + std::to_string(i) + R"(","time":)" + std::to_string(i) +
                R"(,"argv":["kpkg"],"result":"done"})" + "\n";
    const auto found = parse_transactions(text, 3);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].id, "t9");
    EXPECT_EQ(found[2].id, "t7");
}

}  // namespace
}  // namespace kld::status::test
