// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "check/sources.h"
#include "support/fakes.h"

namespace kld::check {
namespace {

const std::string kDisk = "/dev/sdb";
const std::string kTable = R"({"partitiontable": {"sectorsize": 512, "partitions": [
    {"start": 2048, "size": 100, "uuid": "A", "type": "6A898CC3-1DD2-11B2-99A6-080020736631"},
    {"start": 4096, "size": 100, "uuid": "B", "type": "6A898CC3-1DD2-11B2-99A6-080020736631"}]}})";

class ReadDisk : public testing::Test {
protected:
    void SetUp() override { runner.expect({"qemu-img", "info", "--output=json", kDisk}, R"({"format": "raw"})"); }
    void expect_partitions(const std::string& first, const std::string& second) {
        runner.expect({"sfdisk", "--json", kDisk}, kTable);
        for (const auto& [offset, content] : {std::pair("1048576", first), std::pair("2097152", second)})
            runner.expect({"blkid", "--probe", "--offset", offset, "--size", "51200", "--output", "export", kDisk},
                          "TYPE=" + content + "\n");
    }
    void expect_list(const std::string& err) {
        runner.expect({"kldload-pool", "list", "--json", "--image", kDisk, "--offset", "1048576", "--size", "51200"},
                      "", 1, err);
    }
    Error error() {
        const Reader reader{.runner = runner, .files = files, .pool_program = "kldload-pool", .scratch = "/scratch"};
        return read_disk(reader, kDisk).error();
    }

    test::ReplayRunner runner;
    test::FakeFiles files;
};

TEST_F(ReadDisk, WithoutAPartitionTableThereIsNothingToCheck) {
    runner.expect({"sfdisk", "--json", kDisk}, "", 1,
                  "sfdisk: /dev/sdb: does not contain a recognized partition table\n");
    const auto refused = error();
    EXPECT_EQ(refused.code, ExitCode::usage);
    EXPECT_EQ(refused.message, "/dev/sdb has no partition table");
}

TEST_F(ReadDisk, ADiskThatCannotBeReadIsAFailure) {
    runner.expect({"sfdisk", "--json", kDisk}, "", 1, "sfdisk: cannot open /dev/sdb: Permission denied\n");
    EXPECT_EQ(error().code, ExitCode::failed);
}

TEST_F(ReadDisk, WithoutAPoolThereIsNothingToCheck) {
    expect_partitions("ext4", "vfat");
    const auto refused = error();
    EXPECT_EQ(refused.code, ExitCode::usage);
    EXPECT_EQ(refused.message, "/dev/sdb has no partition with a ZFS pool");
}

TEST_F(ReadDisk, OfTwoPoolsNothingCanBeTold) {
    expect_partitions("zfs_member", "zfs_member");
    EXPECT_EQ(error().code, ExitCode::unknown);
}

TEST_F(ReadDisk, OfFeaturesThatTheBuilderDoesNotKnowNothingCanBeTold) {
    expect_partitions("zfs_member", "ext4");
    expect_list(
        "error: /dev/sdb: the pool has features that this OpenZFS does not know: com.klarasystems:vdev_zaps_v2\n"
        "hint: a machine with a newer OpenZFS reads it: Debian 13, or the one it is of\n");
    EXPECT_EQ(error().code, ExitCode::unknown);
}

TEST_F(ReadDisk, APoolThatCannotBeOpenedIsAFailure) {
    expect_partitions("zfs_member", "ext4");
    expect_list("error: /dev/sdb: the pool cannot be opened: I/O error\n");
    EXPECT_EQ(error().code, ExitCode::failed);
}

}  // namespace
}  // namespace kld::check
