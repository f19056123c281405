// SPDX-License-Identifier: BSD-3-Clause
#include "base/age.h"

#include <gtest/gtest.h>

namespace kld {

TEST(Age, HasAUnit) {
    constexpr std::uint64_t kDay = 86400;
    EXPECT_EQ(parse_age("90m"), 5400U);
    EXPECT_EQ(parse_age("12h"), 43200U);
    EXPECT_EQ(parse_age("30d"), 30 * kDay);
    EXPECT_EQ(parse_age("2w"), 14 * kDay);
    EXPECT_EQ(parse_age("1y"), 365 * kDay);
    for (const auto* text : {"", "d", "30", "30s", "-1d", "1.5d", "30 d", "30D", "1000001d", "99999999999999999999d"}) {
        const auto age = parse_age(text);
        ASSERT_FALSE(age.has_value()) << text;
        EXPECT_EQ(age.error().code, ExitCode::usage);
        EXPECT_FALSE(age.error().hint.empty());
    }
}

TEST(Age, IsSaidInTheLargestUnitWithoutARest) {
    EXPECT_EQ(age_text(2592000), "30 d");
    EXPECT_EQ(age_text(90 * 60), "90 m");
    EXPECT_EQ(age_text(7200), "2 h");
    EXPECT_EQ(age_text(61), "61 s");
}

}  // namespace kld
