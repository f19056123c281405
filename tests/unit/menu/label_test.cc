// SPDX-License-Identifier: BSD-3-Clause
#include "menu/label.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/files.h"
#include "xdr_writer.h"

namespace kld::menu {
namespace {

XdrList disk(std::uint64_t guid) {
    return XdrList().text("type", "disk").number("guid", guid).text("path", "/dev/x");
}

XdrList mirror_label(std::uint64_t txg, std::uint64_t guid) {
    return XdrList()
        .number("version", 5000)
        .text("name", "rpool")
        .number("state", 1)
        .number("txg", txg)
        .number("pool_guid", 77)
        .number("hostid", 0x00bab10c)
        .text("hostname", "a")
        .number("top_guid", 5)
        .number("guid", guid)
        .number("vdev_children", 2)
        .list(
            "vdev_tree",
            XdrList().text("type", "mirror").number("id", 0).number("guid", 5).lists("children", {disk(10), disk(11)}))
        .list("features_for_read", XdrList().flag("com.delphix:hole_birth"));
}

}  // namespace

TEST(Label, SaysAllAboutItsPool) {
    const auto label = parse_label(mirror_label(4, 10).packed() + std::string(1000, '\0'));
    ASSERT_TRUE(label.has_value());
    EXPECT_EQ(label->pool, "rpool");
    EXPECT_EQ(label->pool_guid, 77U);
    EXPECT_EQ(label->state, PoolState::exported);
    EXPECT_EQ(label->txg, 4U);
    EXPECT_EQ(label->hostid, 0x00bab10cU);
    EXPECT_EQ(label->hostname, "a");
    EXPECT_EQ(label->guid, 10U);
    EXPECT_EQ(label->top_guid, 5U);
    EXPECT_EQ(label->top_level_count, 2U);
    EXPECT_EQ(label->leaves, (std::set<std::uint64_t>{10, 11})) << "the mirror itself is no device";
}

TEST(Label, TheNewestUberblockSaysWhenThePoolWroteLast) {
    const auto uberblock = [](std::uint64_t magic, std::uint64_t txg, std::uint64_t time) {
        const std::uint64_t fields[] = {magic, 5000, txg, 0, time};
        std::string bytes(1024, '\0');
        std::memcpy(bytes.data(), fields, sizeof fields);
        return bytes;
    };
    constexpr std::uint64_t kMagic = 0x00bab10c;
    const auto ring = uberblock(kMagic, 7, 1000) + uberblock(kMagic, 9, 1795751820) + uberblock(kMagic, 8, 1100);
    EXPECT_EQ(last_written(ring), 1795751820U);
    EXPECT_EQ(last_written(ring + uberblock(0x0cb1ba00, 99, 5)), 1795751820U) << "another byte order";
    EXPECT_EQ(last_written(ring.substr(0, 1030)), 1000U) << "cut short";
    EXPECT_EQ(last_written(std::string(kUberblocksSize, '\0')), 0U);
}

TEST(Label, NoiseAndCutListsAreNoLabel) {
    const auto whole = mirror_label(4, 10).packed();
    for (std::size_t size = 0; size + 8 < whole.size(); ++size)
        EXPECT_FALSE(parse_label(whole.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(parse_label(std::string(kLabelListSize, '\0')).has_value());
    EXPECT_FALSE(parse_label(std::string(kLabelListSize, '\xff')).has_value());
    EXPECT_FALSE(parse_label(std::string("\x01\x01\0\0", 4) + std::string(4000, '\x01')).has_value());
}

TEST(Label, EveryDamagedByteIsSurvived) {
    const auto whole = mirror_label(4, 10).packed();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto damaged = whole;
        damaged[at] = static_cast<char>(0xff);
        parse_label(damaged);  // whatever it says: no crash, no endless loop
    }
}

TEST(Label, TheNewestOfFourCounts) {
    const auto directory = TemporaryDirectory::make("/tmp");
    const auto path = directory->path() + "/disk";
    auto device = Fd::open(path, O_RDWR | O_CREAT);
    ASSERT_TRUE(device.has_value());
    ASSERT_EQ(::ftruncate(device->get(), (64 << 20) + 4096), 0);
    EXPECT_FALSE(read_label(*device, true).has_value());
    const std::uint64_t end = 64 << 20;
    ASSERT_TRUE(device->write_at(mirror_label(9, 10).packed(), end - kLabelSize + kLabelListOffset));
    EXPECT_FALSE(read_label(*device, false).has_value()) << "a disk with partitions: its end belongs to one of them";
    EXPECT_EQ(read_label(*device, true)->txg, 9U);
    ASSERT_TRUE(device->write_at(mirror_label(3, 10).packed(), kLabelListOffset));
    ASSERT_TRUE(device->write_at(mirror_label(4, 10).packed(), kLabelSize + kLabelListOffset));
    EXPECT_EQ(read_label(*device, false)->txg, 4U);
}

TEST(Label, ATinyDeviceHasNone) {
    const auto directory = TemporaryDirectory::make("/tmp");
    const auto device = Fd::open(directory->path() + "/disk", O_RDWR | O_CREAT);
    ASSERT_TRUE(device.has_value());
    EXPECT_FALSE(read_label(*device, true).has_value());
}

}  // namespace kld::menu
