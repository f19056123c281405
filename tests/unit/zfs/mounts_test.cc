// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/mounts.h"

#include <gtest/gtest.h>

namespace kld::zfs {
namespace {

// As Linux 6.12 prints it on a machine of ours; one line has a blank in its names, one is cut short.
constexpr const char* kMountinfo =
    "1 1 0:2 / / rw - rootfs none rw\n"
    "25 1 0:23 / / rw,relatime shared:1 - zfs rpool/ROOT/default rw,xattr,posixacl,casesensitive\n"
    "40 25 0:35 / /home rw,relatime shared:23 - zfs rpool/home rw,xattr,posixacl,casesensitive\n"
    "41 25 0:36 / /srv/my\\040data rw,relatime - zfs rpool/srv/my\\040data rw\n"
    "42 25 8:1 / /boot/efi rw,relatime shared:9 master:2 - vfat /dev/vda1 rw\n"
    "43 25 0:37 /sub /home/x rw - tmpfs tmpfs rw\n"
    "44 25 0:38 / /cut\n";

TEST(Mounts, AreReadWithTheirEscapes) {
    const auto mounts = parse_mounts(kMountinfo);
    ASSERT_EQ(mounts.size(), 6U);
    EXPECT_EQ(mounts[3].source, "rpool/srv/my data");
    EXPECT_EQ(mounts[3].target, "/srv/my data");
    EXPECT_EQ(mounts[4].type, "vfat");
}

TEST(Mounts, TheLastMountOnAPlaceIsSeen) {
    const auto mounts = parse_mounts(kMountinfo);
    EXPECT_EQ(dataset_at(mounts, "/"), "rpool/ROOT/default");
    EXPECT_EQ(dataset_at(mounts, "/boot/efi"), "");
    EXPECT_EQ(dataset_at(mounts, "/nowhere"), "");
    const auto covered = parse_mounts(std::string(kMountinfo) + "50 25 0:40 / / rw - tmpfs tmpfs rw\n");
    EXPECT_EQ(dataset_at(covered, "/"), "");
}

TEST(Mounts, PlacesOfDatasets) {
    const auto mounts = parse_mounts(kMountinfo);
    EXPECT_EQ(place_of(mounts, "rpool/home"), "/home");
    EXPECT_EQ(place_of(mounts, "rpool/ROOT/other"), "");
    EXPECT_EQ(place_of(mounts, "tmpfs"), "") << "no dataset";
}

TEST(Mounts, ABoundDirectoryIsNoDataset) {
    // mount --bind /home/me/www /srv/www; mount --bind /home /srv/chroot/home
    const auto mounts = parse_mounts(std::string(kMountinfo) +
                                     "51 25 0:35 /me/www /srv/www rw - zfs rpool/home rw\n"
                                     "52 25 0:35 / /srv/chroot/home rw - zfs rpool/home rw\n");
    EXPECT_EQ(dataset_at(mounts, "/srv/www"), "");
    EXPECT_EQ(mount_of(mounts, "/srv/www/x")->source, "rpool/home") << "what is written there lies in it";
    EXPECT_EQ(dataset_at(mounts, "/srv/chroot/home"), "rpool/home");
    EXPECT_EQ(place_of(mounts, "rpool/home"), "/home") << "not the last one";
    const auto covered = parse_mounts(std::string(kMountinfo) + "53 25 0:40 / /home rw - tmpfs tmpfs rw\n");
    EXPECT_EQ(place_of(covered, "rpool/home"), "/home") << "mounted, though not seen";
    const auto elsewhere = parse_mounts(std::string(kMountinfo) +
                                        "53 25 0:40 / /home rw - tmpfs tmpfs rw\n"
                                        "54 25 0:35 / /srv/home rw - zfs rpool/home rw\n");
    EXPECT_EQ(place_of(elsewhere, "rpool/home"), "/srv/home");
}

TEST(Mounts, TheDeepestMountHoldsAPath) {
    const auto mounts = parse_mounts(kMountinfo);
    const auto source = [&](const std::string& path) {
        const auto* mount = mount_of(mounts, path);
        return mount == nullptr ? "none" : mount->source;
    };
    EXPECT_EQ(source("/etc/passwd"), "rpool/ROOT/default") << "not the rootfs below it";
    EXPECT_EQ(source("/home"), "rpool/home");
    EXPECT_EQ(source("/home/y/z"), "rpool/home");
    EXPECT_EQ(source("/home/x/y"), "tmpfs");
    EXPECT_EQ(source("/homes"), "rpool/ROOT/default");
    EXPECT_EQ(source("/srv/my data/a"), "rpool/srv/my data");
    const auto covered = parse_mounts(std::string(kMountinfo) + "50 40 0:40 / /home rw - ext4 /dev/vdb rw\n");
    EXPECT_EQ(mount_of(covered, "/home/y")->type, "ext4");
    EXPECT_EQ(mount_of({}, "/home"), nullptr);
}

TEST(Mounts, NamesOfPathsAreComparedByTheirParts) {
    EXPECT_TRUE(lies_in("/a/b", "/a"));
    EXPECT_TRUE(lies_in("/a", "/a"));
    EXPECT_TRUE(lies_in("/a", "/"));
    EXPECT_FALSE(lies_in("/ab", "/a"));
    EXPECT_FALSE(lies_in("/", "/a"));
}

TEST(Mounts, WhatIsNoEscapeStays) {
    const auto mounts = parse_mounts("1 1 0:2 / /a\\04x\\9 rw - zfs p\\134q rw\n");
    ASSERT_EQ(mounts.size(), 1U);
    EXPECT_EQ(mounts[0].target, "/a\\04x\\9");
    EXPECT_EQ(mounts[0].source, "p\\q");
}

}  // namespace
}  // namespace kld::zfs
