// SPDX-License-Identifier: BSD-3-Clause
// The log of transactions: what is read back, and what is passed over.
#include <gtest/gtest.h>

#include "packages/log.h"
#include "support/fakes.h"

namespace kld::packages {
namespace {

TEST(Log, HalfALineIsPassedOver) {
    test::FakeFiles files;
    files.entries[kLog] = {"{\"version\":1,\"id\":\"kpkg-1\",\"resu"};
    ASSERT_TRUE(append({.id = "kpkg-2", .result = "done"}, files));
    const auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].id, "kpkg-2");
}

TEST(Log, WhatIsNotUnderstoodIsNoRecord) {
    for (const auto* line : {"", "{}", "[]", "null", "{\"version\":2,\"id\":\"a\"}", "{\"version\":\"1\",\"id\":\"a\"}",
                             "{\"version\":1,\"id\":7}", "{\"version\":1}"})
        EXPECT_FALSE(parse_line(line)) << line;
    const auto odd =
        parse_line("{\"version\":1,\"id\":\"a\",\"time\":\"x\",\"argv\":[1,\"b\"],\"changes\":[1,{\"package\":2}]}");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->argv, std::vector<std::string>{"b"});
    EXPECT_TRUE(odd->changes.empty());
}

TEST(Log, ARecordComesBackAsItWas) {
    const Record record{"kpkg-1", 5,        "anna", {"kpkg", "remove", "a b"}, "apt", "p/r@kpkg-1",
                        "p/r",    "failed", 100,    {{"a", "1", std::nullopt}}};
    const auto back = parse_line(to_line(record));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_line(*back), to_line(record));
    EXPECT_EQ(back->changes[0].after, std::nullopt);
}

}  // namespace
}  // namespace kld::packages
