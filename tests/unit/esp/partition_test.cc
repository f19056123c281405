// SPDX-License-Identifier: BSD-3-Clause
#include "esp/partition.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/fd.h"
#include "support/fakes.h"

namespace kld::esp {
namespace {

constexpr const char* kRoot = "25 1 0:22 / / rw,relatime shared:1 - zfs rpool/ROOT/default rw,xattr,posixacl\n";
constexpr const char* kMounted = "60 25 254:1 / /boot/efi rw,relatime shared:2 - vfat /dev/vda1 rw,fmask=0077\n";
constexpr const char* kElsewhere = "61 25 254:17 / /efi rw,relatime shared:4 - vfat /dev/vdb1 rw,fmask=0077\n";
constexpr const char* kWaiting = "58 25 0:49 / /efi rw,relatime shared:5 - autofs systemd-1 rw,fd=61\n";
constexpr const char* kAutomount = "59 25 0:50 / /boot/efi rw,relatime shared:3 - autofs systemd-1 rw,fd=60\n";

Partition partition(const std::string& mounts, const std::string& fstab = {}) {
    test::FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {mounts};
    if (!fstab.empty()) files.entries["/etc/fstab"] = {fstab};
    const auto found = find_partition(files, "/boot/efi");
    EXPECT_TRUE(found.has_value());
    return *found;
}

/// /efi mounts when somebody looks.
class Automount final : public RealFiles {
public:
    Result<std::string> read(const std::string& path) override {
        if (path != "/proc/self/mountinfo") return fail("no " + path);
        return std::string(kRoot) + kWaiting + (looked_ ? kElsewhere : "");
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        looked_ = looked_ || path == "/efi";
        return std::vector<std::string>{};
    }

private:
    bool looked_ = false;
};

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

TEST(HoldEsp, IsALockOfAllWhoWriteToIt) {
    test::FakeFiles files;
    ASSERT_TRUE(hold_esp(files));
    EXPECT_EQ(files.locked, std::vector<std::string>{"/run/kldload/esp.lock"});
    EXPECT_EQ(files.kind("/run/kldload"), FileKind::directory);
}

TEST(FindEsp, IsOnEitherOfTwoPlaces) {
    test::FakeFiles files;
    const auto found = [&](const std::string& mounts, const std::string& fstab) {
        files.entries["/proc/self/mountinfo"] = {kRoot + mounts};
        files.entries["/etc/fstab"] = {fstab};
        return *find_esp(files);
    };
    const std::string both = "UUID=1 /boot/efi vfat nofail 0 0\nUUID=2 /efi vfat nofail 0 0\n";
    EXPECT_EQ(found(kMounted, "").place, "/boot/efi");
    EXPECT_EQ(found(kElsewhere, "").place, "/efi");
    EXPECT_EQ(found(kElsewhere, "").device, "/dev/vdb1");
    EXPECT_EQ(found(kElsewhere, both).place, "/efi") << "what is mounted comes first";
    EXPECT_EQ(found(std::string(kElsewhere) + kMounted, "").place, "/boot/efi");
    EXPECT_EQ(found(std::string(kAutomount) + kElsewhere, "").place, "/efi") << "an automount alone is nothing";
    EXPECT_EQ(found("", both).place, "/boot/efi");
    const auto in_fstab = found("", "UUID=2 /efi vfat nofail 0 0\n");
    EXPECT_EQ(in_fstab.place, "/efi");
    EXPECT_TRUE(in_fstab.in_fstab && !in_fstab.mounted());
    const auto none = found("", "");
    EXPECT_EQ(none.place, "/boot/efi");
    EXPECT_FALSE(none.mounted() || none.in_fstab);
}

TEST(FindEsp, AnAutomountIsMadeToMount) {
    Automount files;
    const auto found = find_esp(files);
    ASSERT_TRUE(found.has_value()) << render(found.error());
    EXPECT_EQ(found->place, "/efi");
    EXPECT_EQ(found->type, "vfat");
    EXPECT_EQ(found->device, "/dev/vdb1");
}

TEST(FindEsp, TheServiceNeedsNeitherPlaceAndComesBehindBoth) {
    const auto unit = RealFiles().read(std::string(KLD_SOURCE_DIR) + "/packaging/kldload-menu/kldload-esp.service");
    ASSERT_TRUE(unit.has_value());
    EXPECT_EQ(unit->find("Requires"), std::string::npos);
    EXPECT_NE(unit->find("After=boot-efi.mount efi.mount\n"), std::string::npos);
    EXPECT_EQ(unit->find("--esp"), std::string::npos) << "it looks for itself";
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

TEST_F(MakeWhole, OneThatIsMountedElsewhereIsNotMended) {
    runner.expect({"umount", "/boot/efi"});
    runner.expect({"mount", "/boot/efi"});
    std::string asked;
    const auto done = make_whole({"/boot/efi", "/dev/vda1", "vfat", true}, runner, events, [&](const auto& device) {
        asked = device;
        return fail(device + " is in use", "end what has it", ExitCode::refused);
    });
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(asked, "/dev/vda1");
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_EQ(done.error().message, "cannot check /dev/vda1 before it is written to: /dev/vda1 is in use");
}

TEST(ExpectUnused, ADeviceThatSomebodyHoldsIsRefused) {
    EXPECT_TRUE(expect_unused("/no/such/device")) << "fsck.vfat says what is wrong with it";
    EXPECT_TRUE(expect_unused("/dev/null"));
    // Any that nobody uses is held as a file system holds its own; the last, since loop devices are taken from the
    // first on.
    auto names = RealFiles().list("/sys/class/block").value_or(std::vector<std::string>{});
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        const auto device = "/dev/" + *name;
        Fd held(::open(device.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
        if (!held.valid()) continue;
        const auto refused = expect_unused(device);
        ASSERT_FALSE(refused.has_value()) << device;
        EXPECT_EQ(refused.error().code, ExitCode::refused);
        EXPECT_NE(refused.error().message.find(device + " is in use"), std::string::npos);
        EXPECT_NE(refused.error().hint.find(device), std::string::npos);
        held.reset();
        EXPECT_TRUE(expect_unused(device).has_value());
        return;
    }
    GTEST_SKIP() << "this user can open no device";
}

TEST_F(MakeWhole, OtherFileSystemsAreLeftAlone) {
    EXPECT_TRUE(make_whole({"/esp", "/dev/loop0", "ext4", false}, runner, events));
}

}  // namespace kld::esp
