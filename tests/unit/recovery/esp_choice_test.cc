// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/esp_choice.h"

#include <filesystem>

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

/// Of a mirror, in the order of lsblk.
std::vector<EspPartition> two() {
    return {{.device = "/dev/vdb1", .disk = "/dev/vdb", .type = "vfat", .uuid = "12AB-34CD", .partuuid = "aaaa-1"},
            {.device = "/dev/vdc1", .disk = "/dev/vdc", .type = "vfat", .uuid = "56EF-7890", .partuuid = "bbbb-2"}};
}

/// "/dev/vdc1 on /boot/efi", and what was warned of.
struct Chosen {
    std::string what, warning;
};
Chosen choose(const std::string& fstab, const std::vector<EspPartition>& partitions = two(),
              const std::vector<std::string>& directories = {"/boot/efi", "/media/stick"}) {
    test::FakeFiles files;
    for (const auto& directory : directories) EXPECT_TRUE(files.make_directories("/mnt" + directory));
    if (!fstab.empty()) files.entries["/mnt/etc/fstab"] = {fstab};
    const auto choice = choose_esp(files, "/mnt", partitions);
    return {choice.partition ? choice.partition->device + " on " + choice.place : "", choice.warning};
}

TEST(EspChoice, IsTheOneThatFstabNames) {
    for (const auto* source : {"PARTUUID=BBBB-2", "PARTUUID=\"bbbb-2\"", "UUID=56ef-7890",
                               "/dev/disk/by-partuuid/bbbb-2", "/dev/disk/by-uuid/56EF-7890"}) {
        const auto chosen = choose(std::string("# UUID=x /boot/efi vfat\nUUID=x /media/stick vfat noauto 0 0\n") +
                                   source + " /boot/efi vfat umask=0077 0 1\n");
        EXPECT_EQ(chosen.what, "/dev/vdc1 on /boot/efi") << source;
        EXPECT_EQ(chosen.warning, "") << source;
    }
}

TEST(EspChoice, ALinkOfThisSystemCounts) {
    std::error_code error;
    for (const auto& link : std::filesystem::directory_iterator("/dev/disk/by-path", error)) {
        auto partitions = two();
        partitions[1].device = std::filesystem::canonical(link.path());
        EXPECT_EQ(choose(link.path().string() + " /boot/efi vfat defaults 0 1\n", partitions).what,
                  partitions[1].device + " on /boot/efi");
        return;
    }
    GTEST_SKIP() << "this machine has no /dev/disk/by-path";
}

TEST(EspChoice, IsTheFirstWithAWarningWhereFstabMeansAnother) {
    for (const auto* source : {"PARTUUID=cccc-3", "/dev/vdc1", "/dev/disk/by-id/gone-part1"}) {
        const auto chosen = choose(std::string(source) + " /boot/efi vfat defaults 0 1\n");
        EXPECT_EQ(chosen.what, "/dev/vdb1 on /boot/efi") << source;
        EXPECT_EQ(chosen.warning, std::string("fstab has ") + source +
                                      " on /boot/efi, which is none of the partitions here: it is /dev/vdb1");
    }
    EXPECT_EQ(choose("").warning, "fstab does not say which partition is /boot/efi: it is /dev/vdb1");
    auto alone = two();
    alone.pop_back();
    EXPECT_EQ(choose("", alone).what, "/dev/vdb1 on /boot/efi");
    EXPECT_EQ(choose("", alone).warning, "") << "there is no other that it could be";
}

TEST(EspChoice, APlaceWithoutADirectoryDoesNotCount) {
    EXPECT_EQ(choose("PARTUUID=bbbb-2 /efi vfat nofail 0 0\n").what, "/dev/vdb1 on /boot/efi");
    EXPECT_EQ(choose("PARTUUID=bbbb-2 /efi vfat nofail 0 0\n", two(), {"/efi"}).what, "/dev/vdc1 on /efi");
    EXPECT_EQ(choose("", two(), {"/efi"}).what, "/dev/vdb1 on /efi");
    EXPECT_EQ(choose("", two(), {"/home"}).what, "");
    EXPECT_EQ(choose("PARTUUID=bbbb-2 /boot/efi vfat\n", {}).what, "") << "there is none at all";
}

TEST(EspChoice, AStickIsNoPlaceForIt) {
    EXPECT_EQ(choose("UUID=9999-9999 /media/stick vfat noauto 0 0\n", two(), {"/media/stick"}).what, "");
}

TEST(EspChoice, WithoutFatIsNotMounted) {
    auto partitions = two();
    partitions[1].type.clear();
    auto chosen = choose("PARTUUID=bbbb-2 /boot/efi vfat defaults 0 1\n", partitions);
    EXPECT_EQ(chosen.what, "") << "another disk's is not the one that was asked for";
    EXPECT_EQ(chosen.warning, "/dev/vdc1 has no FAT and is not mounted on /boot/efi");
    partitions[0].type.clear();
    EXPECT_EQ(choose("", partitions).warning, "/dev/vdb1 has no FAT and is not mounted on /boot/efi");
    partitions[1].type = "vfat";
    EXPECT_EQ(choose("", partitions).what, "/dev/vdc1 on /boot/efi");
}

}  // namespace
}  // namespace kld::recovery
