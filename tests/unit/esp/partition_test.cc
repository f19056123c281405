// SPDX-License-Identifier: BSD-3-Clause
#include "esp/partition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fakes.h"

namespace kld::esp {
namespace {

constexpr const char* kRoot = "25 1 0:22 / / rw,relatime shared:1 - zfs rpool/ROOT/default rw,xattr,posixacl\n";
constexpr const char* kMounted = "60 25 254:1 / /boot/efi rw,relatime shared:2 - vfat /dev/vda1 rw,fmask=0077\n";
constexpr const char* kAutomount = "59 25 0:50 / /boot/efi rw,relatime shared:3 - autofs systemd-1 rw,fd=60\n";

Partition partition(const std::string& mounts, const std::string& fstab = {}) {
    test::FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {mounts};
    if (!fstab.empty()) files.entries["/etc/fstab"] = {fstab};
    const auto found = find_partition(files, "/boot/efi");
    EXPECT_TRUE(found.has_value());
    return *found;
}

class MakeWhole : public testing::Test {
protected:
    Status run(bool in_fstab = true) {
        return make_whole({"/boot/efi", "/dev/vda1", "vfat", in_fstab}, runner, events);
    }
    test::ReplayRunner runner;
    test::CaptureEvents events;
};

}  // namespace

TEST(FindPartition, TellsWhereItIs) {
    const auto found = partition(std::string(kRoot) + kMounted, "PARTUUID=1-2 /boot/efi vfat umask=0077 0 0\n");
    EXPECT_TRUE(found.mounted());
    EXPECT_EQ(found.device, "/dev/vda1");
    EXPECT_EQ(found.type, "vfat");
    EXPECT_TRUE(found.in_fstab);
}

TEST(FindPartition, WhatIsMountedOverAnAutomountCounts) {
    EXPECT_EQ(partition(std::string(kAutomount) + kMounted).device, "/dev/vda1");
}

TEST(FindPartition, NothingThere) {
    const auto found = partition(kRoot, "#PARTUUID=1-2 /boot/efi vfat umask=0077 0 0\n");
    EXPECT_FALSE(found.mounted());
    EXPECT_FALSE(found.in_fstab);
}

TEST_F(MakeWhole, AHealthyOneIsMountedAgain) {
    runner.expect({"umount", "/boot/efi"});
    runner.expect({"fsck.vfat", "-a", "/dev/vda1"});
    runner.expect({"mount", "/boot/efi"});
    EXPECT_TRUE(run());
    EXPECT_TRUE(events.told.empty());
}

TEST_F(MakeWhole, WithoutFstabItIsMountedAsItWas) {
    runner.expect({"umount", "/boot/efi"});
    runner.expect({"fsck.vfat", "-a", "/dev/vda1"});
    runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", "/dev/vda1", "/boot/efi"});
    EXPECT_TRUE(run(false));
}

TEST_F(MakeWhole, WhatWasMendedIsSaidAndLookedAtAgain) {
    runner.expect({"umount", "/boot/efi"});
    runner.expect({"fsck.vfat", "-a", "/dev/vda1"}, "Dirty bit is set.", 1);
    runner.expect({"fsck.vfat", "-n", "/dev/vda1"});
    runner.expect({"mount", "/boot/efi"});
    EXPECT_TRUE(run());
    EXPECT_EQ(events.told, std::vector<std::string>{"note fsck.vfat mended /dev/vda1"});
}

TEST_F(MakeWhole, WhatCannotBeMendedIsAnErrorAndMountedAgain) {
    runner.expect({"umount", "/boot/efi"});
    runner.expect({"fsck.vfat", "-a", "/dev/vda1"}, {}, 1);
    runner.expect({"fsck.vfat", "-n", "/dev/vda1"}, {}, 1);
    runner.expect({"mount", "/boot/efi"});
    const auto done = run();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().message, "/dev/vda1 has errors that fsck.vfat cannot mend");
}

TEST_F(MakeWhole, ABusyOneIsRefusedAndNotTouched) {
    runner.expect({"umount", "/boot/efi"}, {}, 32, "umount: /boot/efi: target is busy.");
    const auto done = run();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_NE(done.error().hint.find("fuser -vm /boot/efi"), std::string::npos);
}

TEST_F(MakeWhole, OtherFileSystemsAreLeftAlone) {
    EXPECT_TRUE(make_whole({"/esp", "/dev/loop0", "ext4", false}, runner, events));
}

}  // namespace kld::esp
