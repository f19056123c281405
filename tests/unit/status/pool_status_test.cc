// SPDX-License-Identifier: BSD-3-Clause
#include "status/pool_status.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "samples.h"

namespace kld::status::test {
namespace {

std::vector<PoolHealth> pools_in(const std::string& name) {
    use_utc();
    auto pools = parse_pool_status(sample(name));
    EXPECT_TRUE(pools.has_value());
    return pools ? *pools : std::vector<PoolHealth>{};
}

TEST(PoolStatus, AHealthyPoolHasNothingToSay) {
    const auto pools = pools_in("zfs-2.1/status-healthy.txt");
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_EQ(pools[0].name, "rpool");
    EXPECT_EQ(pools[0].state, "ONLINE");
    EXPECT_EQ(pools[0].status, "");
    EXPECT_TRUE(pools[0].devices.empty());
    EXPECT_FALSE(pools[0].errors.any());
    EXPECT_EQ(pools[0].data_errors, 0U);
    ASSERT_TRUE(pools[0].scan.has_value());
    EXPECT_EQ(pools[0].scan->kind, "scrub");
    EXPECT_EQ(pools[0].scan->state, "finished");
    EXPECT_EQ(pools[0].scan->time, 1794097482);  // Sun Nov  8 00:24:42 2026
    EXPECT_EQ(pools[0].scan->errors, 0U);
}

TEST(PoolStatus, AnUnscrubbedPoolHasNoScanAndAdviceInOneLine) {
    const auto pools = pools_in("zfs-2.1/status-features.txt");
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_FALSE(pools[0].scan.has_value());
    EXPECT_EQ(pools[0].status,
              "Some supported and requested features are not enabled on the pool. The pool can still be used, but some "
              "features are unavailable.");
    EXPECT_TRUE(pools[0].action.starts_with("Enable all features using 'zpool upgrade'. Once this is done,"));
    EXPECT_EQ(pools[0].see, "");
}

TEST(PoolStatus, ErrorsOfDevicesCountWhereTheyAreMost) {
    const auto pools = pools_in("zfs-2.3/status-degraded.txt");
    ASSERT_EQ(pools.size(), 2U);
    EXPECT_EQ(pools[0].state, "DEGRADED");
    EXPECT_EQ(pools[0].errors.read, 3U);
    EXPECT_EQ(pools[0].errors.write, 122U);
    EXPECT_EQ(pools[0].errors.checksum, 2U);
    ASSERT_EQ(pools[0].devices.size(), 3U);
    EXPECT_EQ(pools[0].devices[0].name, "mirror-0");
    EXPECT_EQ(pools[0].devices[1].note, "(repairing)");
    EXPECT_EQ(pools[0].devices[2].state, "FAULTED");
    EXPECT_EQ(pools[0].devices[2].note, "too many errors");
    // The group counts what no disk of it does; cache, logs and idle spares are no trouble.
    EXPECT_EQ(pools[1].name, "tank");
    EXPECT_EQ(pools[1].errors.checksum, 12U);
    EXPECT_EQ(pools[1].data_errors, 3U);
    EXPECT_EQ(pools[1].see, "https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-8A");
    ASSERT_EQ(pools[1].devices.size(), 2U);
    EXPECT_EQ(pools[1].devices[0].name, "raidz1-0");
}

TEST(PoolStatus, ScansThatRunRestAndWereStopped) {
    auto scan = *pools_in("zfs-2.3/status-degraded.txt")[0].scan;
    EXPECT_EQ(scan.state, "running");
    EXPECT_EQ(scan.time, 1795730400);  // Thu Nov 26 22:00:00 2026
    EXPECT_EQ(scan.percent, 23.6);
    EXPECT_FALSE(scan.errors.has_value());
    EXPECT_EQ(pools_in("zfs-2.3/status-degraded.txt")[1].scan->errors, 3U);

    scan = *pools_in("zfs-2.3/status-paused.txt")[0].scan;
    EXPECT_EQ(scan.state, "paused");
    EXPECT_EQ(scan.time, 1795734000);
    EXPECT_EQ(scan.percent, 5.0);

    scan = *pools_in("zfs-2.1/status-canceled.txt")[0].scan;
    EXPECT_EQ(scan.state, "canceled");
    EXPECT_EQ(scan.time, 1795730400);
}

TEST(PoolStatus, OfAScrubAndARebuildTheOneThatRunsOrEndedLastCounts) {
    const auto name = "zfs-2.3/status-rebuilt.txt";
    auto scan = *pools_in(name)[0].scan;
    EXPECT_EQ(scan.kind, "scrub") << "the rebuild is long over, and its line stays";
    EXPECT_EQ(scan.time, 1794097482);  // Sun Nov  8 00:24:42 2026
    const auto scan_when = [&](const std::string& from, const std::string& to) {
        return *parse_pool_status(replace_all(sample(name), from, to))->at(0).scan;
    };
    scan = scan_when("Mon Mar  2 10:11:12 2026", "Mon Nov  9 10:11:12 2026");
    EXPECT_EQ(scan.kind, "resilver");
    EXPECT_EQ(scan.state, "finished");
    scan =
        scan_when("resilvered (mirror-0) 5.20G in 00:03:10 with 0 errors on", "resilver (mirror-0) in progress since");
    EXPECT_EQ(scan.kind, "resilver") << "it runs, whenever it began";
    EXPECT_EQ(scan.state, "running");
    scan = scan_when(
        "scrub repaired 0B in 00:00:42 with 0 errors on Sun Nov  8 00:24:42 2026",
        "scrub in progress since Sun Mar  1 00:24:42 2026\n\t1G scanned, 1G issued\n\t0B repaired, 12.50% done");
    EXPECT_EQ(scan.kind, "scrub");
    EXPECT_EQ(scan.percent, 12.5) << "its further lines are its own";
    scan = scan_when("scrub repaired 0B in 00:00:42 with 0 errors on Sun Nov  8 00:24:42 2026", "none requested");
    EXPECT_EQ(scan.kind, "resilver");
}

TEST(PoolStatus, AResilverAndDevicesWithBlanksInTheirNames) {
    const auto pools = pools_in("zfs-2.3/status-resilver.txt");
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_EQ(pools[0].scan->kind, "resilver");
    EXPECT_EQ(pools[0].scan->percent, 0.0);
    ASSERT_EQ(pools[0].devices.size(), 3U);
    EXPECT_EQ(pools[0].devices[2].name, "8463157398467323361");
    EXPECT_EQ(pools[0].devices[2].note, "was /dev/sdb3/old");
    const auto renamed = replace_all(sample("zfs-2.3/status-resilver.txt"), "my disks/disk 1.img  ONLINE ",
                                     "my disks/disk 1.img  OFFLINE");
    const auto offline = parse_pool_status(renamed);
    ASSERT_TRUE(offline.has_value());
    EXPECT_EQ(offline->at(0).devices.back().name, "my disks/disk 1.img");
}

TEST(PoolStatus, WhatIsNotUnderstoodIsAnErrorAndNotHealth) {
    const auto strange =
        replace_all(sample("zfs-2.1/status-healthy.txt"), "6f3b9f0c-4c5c-4a55-9c52-8f8d3c6a9e11  ONLINE",
                    "6f3b9f0c-4c5c-4a55-9c52-8f8d3c6a9e11  MELTED");
    const auto pools = parse_pool_status(strange);
    ASSERT_FALSE(pools.has_value());
    EXPECT_NE(pools.error().message.find("MELTED"), std::string::npos);
    EXPECT_FALSE(parse_pool_status("  pool: rpool\nconfig:\n\n").has_value());
    EXPECT_EQ(parse_pool_status("")->size(), 0U);
}

TEST(PoolStatus, MissingErrorLineIsNotZeroErrors) {
    const auto text = replace_all(sample("zfs-2.1/status-healthy.txt"), "errors: No known data errors\n", "");
    EXPECT_FALSE(parse_pool_status(text)->at(0).data_errors.has_value());
}

}  // namespace
}  // namespace kld::status::test
