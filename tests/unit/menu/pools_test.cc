// SPDX-License-Identifier: BSD-3-Clause
#include "menu/pools.h"

#include <gtest/gtest.h>

namespace kld::menu {
namespace {

Label label(const std::string& pool, std::uint64_t pool_guid, std::uint64_t guid, std::uint64_t txg = 1) {
    Label made;
    made.pool = pool;
    made.pool_guid = pool_guid;
    made.guid = made.top_guid = guid;
    made.txg = txg;
    made.leaves = {guid};
    return made;
}

}  // namespace

TEST(Pools, OneDisk) {
    auto only = label("rpool", 7, 1);
    only.hostid = 9;
    only.written = 1000;
    const auto pools = find_pools({{"/dev/vda2", only}});
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_EQ(pools[0].import_name, "rpool");
    EXPECT_EQ(pools[0].missing, 0U);
    EXPECT_EQ(pools[0].hostid, 9U);
    EXPECT_EQ(pools[0].written, 1000U);
    EXPECT_EQ(import_command(pools[0]), (std::vector<std::string>{"zpool", "import", "-N", "-o", "readonly=on", "-o",
                                                                  "cachefile=none", "-d", "/dev/vda2", "7"}));
}

TEST(Pools, OfTwoWithOneNameTheSecondGetsATemporaryName) {
    const auto pools =
        find_pools({{"/dev/vda2", label("rpool", 5000000000123456789U, 1)}, {"/dev/vdb", label("rpool", 17, 2)}});
    ASSERT_EQ(pools.size(), 2U);
    EXPECT_EQ(pools[0].guid, 17U) << "sorted by GUID, whatever the disks are called";
    EXPECT_EQ(pools[0].import_name, "rpool");
    EXPECT_EQ(pools[1].import_name, "rpool-456789");
    EXPECT_EQ(pools[1].name, "rpool");
    const auto command = import_command(pools[1]);
    EXPECT_EQ((std::vector<std::string>{command.end() - 3, command.end()}),
              (std::vector<std::string>{"-t", "5000000000123456789", "rpool-456789"}));
}

TEST(Pools, MissingDevicesAreCounted) {
    auto left = label("tank", 3, 10);
    left.top_guid = 5;
    left.leaves = {10, 11};
    left.top_level_count = 2;
    EXPECT_EQ(find_pools({{"/dev/sda", left}})[0].missing, 2U) << "the other side, and a whole top-level vdev";
    auto right = left;
    right.guid = 11;
    const auto second = label("tank", 3, 20);
    EXPECT_EQ(find_pools({{"/dev/sda", left}, {"/dev/sdb", right}})[0].missing, 1U);
    EXPECT_EQ(find_pools({{"/dev/sda", left}, {"/dev/sdb", right}, {"/dev/sdc", second}})[0].missing, 0U);
}

TEST(Pools, TheNewestLabelSpeaksForThePool) {
    auto old_one = label("before", 3, 10, 4);
    old_one.hostid = 1;
    auto new_one = label("after", 3, 11, 8);
    new_one.hostid = 2;
    new_one.state = PoolState::exported;
    const auto pools = find_pools({{"/dev/sda", old_one}, {"/dev/sdb", new_one}});
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_EQ(pools[0].name, "after");
    EXPECT_EQ(pools[0].hostid, 2U);
    EXPECT_EQ(pools[0].state, PoolState::exported);
    EXPECT_EQ(pools[0].devices, (std::vector<std::string>{"/dev/sda", "/dev/sdb"}));
}

TEST(Pools, DestroyedPoolsSparesAndCachesAreLeftOut) {
    for (const auto state : {PoolState::destroyed, PoolState::spare, PoolState::cache}) {
        auto unwanted = label("x", 3, 1);
        unwanted.state = state;
        EXPECT_TRUE(find_pools({{"/dev/sda", unwanted}}).empty());
    }
}

}  // namespace kld::menu
