// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/disks.h"

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

constexpr const char* kEsp = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";

std::string row(const std::string& name, const std::string& parent, const std::string& type, const std::string& rest) {
    const auto quoted = [](const std::string& text) { return text.empty() ? std::string("null") : '"' + text + '"'; };
    return "{\"kname\":\"" + name + "\", \"pkname\":" + quoted(parent) + ", \"parttype\":" + quoted(type) + rest + "}";
}

/// Two disks with a mirror, the second one behind encryption, and this system's own disk.
const std::string kListing =
    "{\"blockdevices\": [" +
    join({row("/dev/vda", "", "", ""), row("/dev/vda1", "/dev/vda", kEsp, ",\"fstype\":\"vfat\""),
          row("/dev/vdb", "", "", ""),
          row("/dev/vdb1", "/dev/vdb", kEsp,
              ",\"fstype\":\"vfat\", \"uuid\":\"12AB-34CD\", \"partuuid\":\"AAAA-1\", \"mountpoint\":null"),
          row("/dev/vdb2", "/dev/vdb", "6a898cc3-1dd2-11b2-99a6-080020736631", ",\"fstype\":\"zfs_member\""),
          row("/dev/nvme0n1", "", "", ""),
          row("/dev/nvme0n1p3", "/dev/nvme0n1", kEsp,
              ",\"fstype\":null, \"uuid\":null, \"partuuid\":\"bbbb-2\", \"mountpoint\":\"/mnt/my esp\""),
          row("/dev/nvme0n1p2", "/dev/nvme0n1", "x", ""), row("/dev/dm-0", "/dev/nvme0n1p2", "", "")},
         ",\n") +
    "]}";

TEST(Disks, ThePartitionsAreThoseBesideThePool) {
    const auto found = parse_disks(kListing, {"/dev/vdb2", "/dev/dm-0"});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].device, "/dev/vdb1");
    EXPECT_EQ((*found)[0].disk, "/dev/vdb");
    EXPECT_EQ((*found)[0].type, "vfat");
    EXPECT_EQ((*found)[0].uuid, "12AB-34CD");
    EXPECT_EQ((*found)[0].partuuid, "aaaa-1");
    EXPECT_EQ((*found)[0].place, "");
    EXPECT_EQ((*found)[1].device, "/dev/nvme0n1p3");
    EXPECT_EQ((*found)[1].type, "");
    EXPECT_EQ((*found)[1].place, "/mnt/my esp");
    EXPECT_TRUE(parse_disks(kListing, {"/dev/sdz"})->empty());
    EXPECT_FALSE(parse_disks("lsblk: unknown column", {"/dev/vdb2"}).has_value());
}

TEST(Disks, NumbersComeFromTheKernel) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    files.entries["/sys/class/block/vdb1/partition"] = {"1\n"};
    const std::vector<std::string> argv{"lsblk",   "--list",   "--json",
                                        "--paths", "--output", "KNAME,PKNAME,PARTTYPE,FSTYPE,UUID,PARTUUID,MOUNTPOINT"};
    runner.expect(argv, kListing);
    const auto found = find_partitions(runner, files, {"/dev/vdb2"});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ((*found)[0].number, 1U);
    runner.expect(argv, "{\"blockdevices\": []}");
    expect_refused(find_partitions(runner, files, {"/dev/vdb2"}), ExitCode::refused, "on the disks of /dev/vdb2",
                   "sfdisk");
}

TEST(Disks, OneOfThePartitionsCanBeChosen) {
    const auto all = parse_disks(kListing, {"/dev/vdb2", "/dev/dm-0"}).value();
    EXPECT_EQ(choose_partitions(all, "")->size(), 2U);
    EXPECT_EQ(choose_partitions(all, "/dev/nvme0n1p3")->at(0).device, "/dev/nvme0n1p3");
    expect_refused(choose_partitions(all, "/dev/vda1"), ExitCode::usage, "/dev/vda1 is no EFI system partition",
                   "/dev/vdb1, /dev/nvme0n1p3");
}

}  // namespace
}  // namespace kld::recovery
