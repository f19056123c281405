// SPDX-License-Identifier: BSD-3-Clause
#include "base/table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace kld {
namespace {

Table sample() {
    return {{{"name", "NAME"}, {"used", "USED", Unit::bytes}, {"created", "CREATED", Unit::time}, {"held", "HELD"}},
            {{"rpool/a b", std::uint64_t{1536}, std::uint64_t{0}, true},
             {"größe\tx", std::monostate{}, std::uint64_t{86400}, false}}};
}

TEST(Table, ForPeopleHasTitlesAndAlignedColumns) {
    ::setenv("TZ", "UTC0", 1);
    EXPECT_EQ(to_columns(sample()),
              "NAME          USED  CREATED           HELD\n"
              "rpool/a b  1.5 KiB  1970-01-01 00:00  yes\n"
              "größe x          -  1970-01-02 00:00  no\n");
}

TEST(Table, WithoutRowsThereIsNothingToSee) {
    EXPECT_EQ(to_columns({{{"name", "NAME"}}, {}}), "");
    EXPECT_EQ(to_tabs({{{"name", "NAME"}}, {}}), "");
}

TEST(Table, ForScriptsHasPlainNumbersAndOneLineARow) {
    EXPECT_EQ(to_tabs(sample()), "rpool/a b\t1536\t0\tyes\ngröße x\t-\t86400\tno\n");
}

TEST(Table, ForProgramsHasTypes) {
    const auto json = nlohmann::json::parse(to_json(sample(), "things"));
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["things"][0]["used"], 1536);
    EXPECT_EQ(json["things"][0]["held"], true);
    EXPECT_TRUE(json["things"][1]["used"].is_null());
    EXPECT_EQ(json["things"][1]["name"], "größe\tx");
}

}  // namespace
}  // namespace kld
