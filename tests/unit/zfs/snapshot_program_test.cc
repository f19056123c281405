// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/snapshot_program.h"

#include <gtest/gtest.h>

namespace kld::zfs {
namespace {

TEST(SnapshotProgram, IsGivenToZfsWithWhatItIsAbout) {
    const auto command = snapshot_program("tank/srv@now", "kclone", {"tank/srv", "tank/srv/x"});
    EXPECT_EQ(command.argv, (std::vector<std::string>{"zfs", "program", "-j", "tank", "-", "tank/srv@now",
                                                      "org.kldload:reason", "kclone", "tank/srv", "tank/srv/x"}));
    EXPECT_NE(command.input.find("zfs.sync.snapshot(snapshot)"), std::string::npos);
}

TEST(SnapshotProgram, SaysWhatDatasetsAre) {
    const auto read = parse_snapshot_program(
        R"({"return":{"tank/srv":{"quota":{"value":1073741824,"from":"tank/srv"},"mountpoint":{"value":"/srv","from":"tank"},)"
        R"("atime":{"value":"on","from":"default"},"snapshot_limit":{"value":-1,"from":"tank/srv"},"type":{"value":"filesystem"},"guid":{"value":-6117853454546927789},)"
        R"("org.a:b":{"value":"x \"y\" \u00fc","from":"$recvd"}},"tank":{}}})");
    ASSERT_TRUE(read.has_value()) << render(read.error());
    const auto* dataset = boot::find_dataset(*read, "tank/srv");
    ASSERT_NE(dataset, nullptr);
    ASSERT_NE(boot::find_dataset(*read, "tank"), nullptr);
    const auto expect = [&](const std::string& property, const std::string& value, const std::string& source) {
        EXPECT_EQ(dataset->properties.at(property).value, value);
        EXPECT_EQ(dataset->properties.at(property).source, source);
    };
    expect("quota", "1073741824", "local");
    expect("mountpoint", "/srv", "inherited from tank");
    expect("atime", "on", "default");
    expect("snapshot_limit", "none", "local");
    expect("type", "filesystem", "-");
    expect("org.a:b", "x \"y\" ü", "received");
}

TEST(SnapshotProgram, WhatCannotBeUnderstoodIsAnError) {
    for (const auto* output : {"", "{", "[]", "{}", R"({"return":1})", R"({"return":{"tank":{"atime":"on"}}})",
                               "{\"return\":{\"tank\":{\"org.a:b\":{\"value\":\"a\xc3\"}}}}"})
        EXPECT_FALSE(parse_snapshot_program(output)) << output;
}

}  // namespace
}  // namespace kld::zfs
