// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/listing.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::datasets::test {
namespace {

using kld::test::expect_golden;
using kld::test::FakeFiles;
using kld::test::ReplayRunner;

FakeFiles mounted() {
    FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {
        "24 1 0:22 / / rw,relatime shared:1 - zfs rpool/ROOT/default rw,xattr,posixacl\n"
        "52 24 0:41 / /home rw,relatime shared:29 - zfs rpool/home rw,xattr,posixacl\n"
        "60 24 8:1 / /boot/efi rw,relatime shared:30 - vfat /dev/sda1 rw\n"
        "61 24 0:44 / /tank/my\\040data rw,relatime shared:31 - zfs tank/my\\040data rw\n"
        "62 52 0:45 / /home/.zfs/snapshot/base ro,relatime shared:32 - zfs rpool/home@base rw\n"};
    return files;
}

void expect_lists(ReplayRunner& runner) {
    runner.expect(
        {"zfs", "list", "-Hp", "-t", "filesystem", "-o", "name,used,available,referenced,compressratio,quota"},
        "rpool\t9663676416\t29527900160\t98304\t1.82\t0\n"
        "rpool/ROOT/default\t5368709120\t29527900160\t2147483648\t1.74\t0\n"
        "rpool/ROOT/other\t8192\t29527900160\t2147483648\t1.70\t0\n"
        "rpool/home\t1073741824\t9663676416\t1073741824\t2.01\t10737418240\n"
        "tank/my data\t5000\t100000\t5000\t1.00\t0\n");
    runner.expect({"zpool", "list", "-Hp", "-o", "name,size,allocated,free,fragmentation,health"},
                  "rpool\t42412802048\t12884901888\t29527900160\t4\tONLINE\ntank\t-\t-\t-\t-\tUNAVAIL\n");
}

Result<Listing> listing_of(const std::vector<std::string>& paths, bool all = false) {
    ReplayRunner runner;
    auto files = mounted();
    expect_lists(runner);
    return read_listing(runner, files, paths, all);
}

TEST(Listing, WhatIsMountedWithItsPools) {
    const auto listing = listing_of({});
    ASSERT_TRUE(listing.has_value());
    expect_golden("datasets/listing.txt", to_columns(listing->datasets) + "\n" + to_columns(listing->pools));
}

TEST(Listing, AsJsonWithWhatIsNotMounted) {
    const auto listing = listing_of({}, true);
    ASSERT_TRUE(listing.has_value());
    expect_golden("datasets/listing.json", to_json(*listing));
}

TEST(Listing, PathsNarrowItToTheirDatasetsAndPools) {
    const auto listing = listing_of({"/tank/my data/x", "/tank/my data"});
    ASSERT_TRUE(listing.has_value());
    EXPECT_EQ(to_tabs(listing->datasets), "tank/my data\t/tank/my data\t5000\t100000\t5000\t1.00\t-\n");
    EXPECT_EQ(to_tabs(listing->pools), "tank\t-\t-\t-\t-\tUNAVAIL\n");
    EXPECT_EQ(to_tabs(listing_of({"/homework"})->datasets).substr(0, 18), "rpool/ROOT/default");
    EXPECT_EQ(to_tabs(listing_of({"/home/.zfs/snapshot/base/x"})->datasets).substr(0, 11), "rpool/home\t");
}

TEST(Listing, APathOnAnotherFileSystemIsAnError) {
    ReplayRunner runner;
    auto files = mounted();
    const auto listing = read_listing(runner, files, {"/boot/efi/EFI"}, false);
    ASSERT_FALSE(listing.has_value());
    EXPECT_EQ(listing.error().message, "/boot/efi/EFI lies on vfat, which is no dataset");
}

TEST(Listing, ALineThatIsTooShortIsAnError) {
    ReplayRunner runner;
    auto files = mounted();
    runner.expect(
        {"zfs", "list", "-Hp", "-t", "filesystem", "-o", "name,used,available,referenced,compressratio,quota"},
        "rpool\t9663676416\t29527900160\t98304\t1.82\t0\n");
    runner.expect({"zpool", "list", "-Hp", "-o", "name,size,allocated,free,fragmentation,health"}, "rpool\n");
    EXPECT_FALSE(read_listing(runner, files, {}, false).has_value());
}

}  // namespace
}  // namespace kld::datasets::test
