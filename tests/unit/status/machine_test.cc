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

packages::Record record(const std::string& id, const std::string& result) {
    packages::Record one{id};
    one.argv = {"kpkg", "install", "a b"};
    one.result = result;
    return one;
}

TEST(Machine, TheNewestTransactionsComeFirst) {
    std::string log;
    for (int i = 1; i <= 9; ++i) log += packages::to_line(record("t" + std::to_string(i), "done")) + "\n";
    const auto found = newest_transactions(log, 3);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].id, "t9");
    EXPECT_EQ(found[2].id, "t7");
}

TEST(Machine, OfSeveralRecordsOfOneTransactionTheLastCounts) {
    std::string log;
    for (const auto* result : {"begun", "done", "undone"}) log += packages::to_line(record("t1", result)) + "\n";
    log += packages::to_line(record("t2", "begun")) + "\n";
    const auto found = newest_transactions(log, 5);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].result, "begun");
    EXPECT_EQ(found[1].result, "undone");
}

TEST(Machine, TransactionsThatChangedNothingAndLinesThatAreNoneAreLeftOut) {
    const auto good = packages::to_line(record("t1", "done"));
    const auto log = good + "\n" + R"({"version":2,"id":"t2","result":"done"})" + "\n[1,2]\n\n" +
                     packages::to_line(record("t3", "begun")) + "\n" + packages::to_line(record("t3", "nothing")) +
                     "\n" + good.substr(0, good.size() / 2);
    const auto found = newest_transactions(log, 5);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, "t1");
    EXPECT_EQ(found[0].argv, (std::vector<std::string>{"kpkg", "install", "a b"}));
}

}  // namespace
}  // namespace kld::status::test
