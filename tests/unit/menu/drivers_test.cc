// SPDX-License-Identifier: BSD-3-Clause
#include "menu/drivers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace kld::menu {
namespace {

using Names = std::vector<std::string>;

/// A modprobe that never ends as long as one of the stuck drivers is among the names.
class Modprobe final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        Names names(command.argv.begin() + 5, command.argv.end());
        asked.push_back(names);
        for (const auto& name : names)
            if (contains(stuck, name)) return fail("modprobe did not end in 60 s");
        loaded.insert(loaded.end(), names.begin(), names.end());
        return Output{};
    }
    Names stuck, loaded;
    std::vector<Names> asked;
};

TEST(Drivers, WhatEndsInTimeIsNotTriedAgain) {
    Modprobe modprobe;
    Drivers drivers(modprobe);
    drivers.load({"a", "b"});
    EXPECT_FALSE(drivers.retry());
    EXPECT_EQ(modprobe.asked, (std::vector<Names>{{"a", "b"}}));
}

TEST(Drivers, OneThatNeverAnswersKeepsNoOtherOut) {
    Modprobe modprobe;
    modprobe.stuck = {"c"};
    Drivers drivers(modprobe);
    drivers.load({"a", "b", "c", "d", "e"});
    EXPECT_TRUE(modprobe.loaded.empty());
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(drivers.retry()) << "it may come later";
    std::sort(modprobe.loaded.begin(), modprobe.loaded.end());
    EXPECT_EQ(modprobe.loaded, (Names{"a", "b", "d", "e"}));
    modprobe.stuck.clear();
    EXPECT_TRUE(drivers.retry());
    EXPECT_EQ(modprobe.loaded.back(), "c");
    EXPECT_FALSE(drivers.retry());
}

TEST(Drivers, AllAtOnceIsTooLongACommand) {
    Modprobe modprobe;
    Drivers drivers(modprobe);
    drivers.load(Names(1001, "x"));
    ASSERT_EQ(modprobe.asked.size(), 3U);
    EXPECT_EQ(modprobe.asked[0].size() + modprobe.asked[1].size() + modprobe.asked[2].size(), 1001U);
    drivers.load({});
    EXPECT_EQ(modprobe.asked.size(), 3U);
}

}  // namespace
}  // namespace kld::menu
