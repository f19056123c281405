// SPDX-License-Identifier: BSD-3-Clause
#include "exports/identity.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_mode.h"
#include "base/text.h"
#include "boot/hostid.h"
#include "firstboot/apply.h"
#include "support/fakes.h"

namespace kld::exports::test {
namespace {

using kld::test::FakeFiles;
using kld::test::ReplayRunner;

constexpr const char* kPlace = "/run/kldload-export.1";
const NewIdentity kIdentity{"/boot/efi", "AAAA", 0x01020304};

class Identity : public testing::Test {
protected:
    void SetUp() override {
        for (const auto* path : {"/etc/ssh/ssh_host_rsa_key",
                                 "/etc/ssh/ssh_host_rsa_key.pub",
                                 "/etc/ssh/sshd_config",
                                 "/etc/nvme/hostid",
                                 "/etc/nvme/hostnqn",
                                 "/etc/nvme/discovery.conf",
                                 "/etc/zfs/zpool.cache",
                                 "/etc/zfs/zed.d/zed.rc",
                                 "/var/lib/NetworkManager/a-eth0.lease",
                                 "/var/lib/NetworkManager/secret_key",
                                 "/var/lib/NetworkManager/NetworkManager.state",
                                 "/var/lib/cloud/instances/i-1/user-data",
                                 "/var/lib/cloud/seed/x",
                                 "/var/lib/cloud/data/y",
                                 "/var/lib/dhcp/dhclient.eth0.leases",
                                 "/var/lib/systemd/random-seed",
                                 "/var/lib/systemd/timers/stamp",
                                 "/var/lib/dbus/machine-id",
                                 "/var/lib/kldload/kpkg.log",
                                 "/boot/vmlinuz-6.12",
                                 "/boot/System.map-6.12"})
            put(path, "old");
        put("/etc/machine-id", "0123\n");
        put("/etc/hostid", boot::hostid_file(0x11223344));
        put("/etc/fstab", "# boot\nUUID=6B1C-03A2\t/boot/efi  vfat umask=0077 0 0\nUUID=1 /data ext4 defaults 0 0\n");
        put("/boot/initrd.img-6.12", *firstboot::with_hostid("image", 0x11223344));
    }
    void put(const std::string& path, const std::string& bytes) { files.entries[kPlace + path] = {bytes, 0644}; }
    std::string at(const std::string& path) { return files.entries[kPlace + path].bytes; }
    bool is_there(const std::string& path) { return files.entries.contains(kPlace + path); }

    FakeFiles files;
    ReplayRunner runner;
};

TEST_F(Identity, DataWithoutASystemIsLeftAlone) {
    files.entries.clear();
    put("/boot/initrd.img-6.12", "mine");
    put("/var/lib", "a file and no directory");
    const auto before = files.entries.size();
    const auto reset = reset_identity(runner, files, kPlace, kIdentity);
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_TRUE(reset->empty());
    EXPECT_EQ(files.entries.size(), before);
}

TEST_F(Identity, WithFirstBootTheCopyIsAsAFreshImage) {
    put(kFirstBootProgram, "");
    const auto reset = reset_identity(runner, files, kPlace, kIdentity);
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_EQ(join(*reset, ", "),
              "ssh host keys, NVMe host names, list of pools, network leases, key of NetworkManager, instance of "
              "cloud-init, random "
              "seed, machine-id, hostid, first boot is still to come");
    EXPECT_EQ(at("/etc/machine-id"), "");
    EXPECT_EQ(files.entries[std::string(kPlace) + "/etc/machine-id"].mode, 0444U);
    EXPECT_EQ(at("/etc/hostid"), boot::hostid_file(boot::kBuildHostid));
    EXPECT_EQ(at("/boot/initrd.img-6.12"), *firstboot::with_hostid("image", boot::kBuildHostid))
        << "the segment of the first machine is replaced";
    EXPECT_TRUE(is_there("/var/lib/kldload/first-boot"));
    for (const auto* gone :
         {"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/nvme/hostid", "/etc/nvme/hostnqn",
          "/etc/zfs/zpool.cache", "/var/lib/NetworkManager/a-eth0.lease", "/var/lib/NetworkManager/secret_key",
          "/var/lib/cloud/instances/i-1/user-data", "/var/lib/cloud/data/y", "/var/lib/dhcp/dhclient.eth0.leases",
          "/var/lib/systemd/random-seed", "/var/lib/dbus/machine-id"})
        EXPECT_FALSE(is_there(gone)) << gone;
    for (const auto* kept : {"/etc/ssh/sshd_config", "/etc/nvme/discovery.conf", "/etc/zfs/zed.d/zed.rc",
                             "/var/lib/cloud/seed/x", "/var/lib/NetworkManager/NetworkManager.state",
                             "/var/lib/systemd/timers/stamp", "/var/lib/kldload/kpkg.log", "/boot/vmlinuz-6.12"})
        EXPECT_EQ(at(kept), "old") << kept;
    EXPECT_EQ(at("/etc/fstab"),
              "# boot\nPARTUUID=aaaa\t/boot/efi  vfat umask=0077 0 0\nUUID=1 /data ext4 defaults 0 0\n");
}

TEST_F(Identity, WithoutFirstBootItIsMadeHere) {
    runner.expect({"ssh-keygen", "-A", "-f", kPlace});
    const auto reset = reset_identity(runner, files, kPlace, kIdentity);
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_EQ(at("/etc/hostid"), boot::hostid_file(0x01020304));
    EXPECT_EQ(at("/boot/initrd.img-6.12"), *firstboot::with_hostid("image", 0x01020304));
    EXPECT_FALSE(is_there("/var/lib/kldload/first-boot"));
    EXPECT_EQ(reset->back(), "new ssh host keys");
}

TEST_F(Identity, WithoutHostKeysNoneAreMade) {
    ASSERT_TRUE(files.remove(std::string(kPlace) + "/etc/ssh"));
    const auto reset = reset_identity(runner, files, kPlace, kIdentity);
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_FALSE(contains(*reset, "new ssh host keys"));
}

TEST(IdentityOnDisk, LinksDoNotLeadIntoTheRunningSystem) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    const auto live = directory.path() + "/live", copy = directory.path() + "/copy";
    std::filesystem::create_directories(live);
    std::filesystem::create_directories(copy + "/etc");
    RealFiles files;
    ASSERT_TRUE(files.write(live + "/ssh_host_rsa_key", "live"));
    std::filesystem::create_symlink(live, copy + "/etc/ssh");
    ReplayRunner runner;
    const auto reset = reset_identity(runner, files, copy, kIdentity);
    ASSERT_FALSE(reset.has_value());
    EXPECT_EQ(reset.error().code, ExitCode::refused);
    EXPECT_NE(reset.error().message.find("/etc/ssh"), std::string::npos) << reset.error().message;
    EXPECT_EQ(files.read(live + "/ssh_host_rsa_key"), "live");
}

TEST(IdentityOnDisk, AnInitramfsThatNobodyMayReadStaysSo) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    const auto copy = directory.path() + "/copy", image = copy + "/boot/initrd.img-6.12";
    for (const auto* part : {"/boot", "/etc", "/usr/lib/kldload"}) std::filesystem::create_directories(copy + part);
    RealFiles files;
    ASSERT_TRUE(files.write(copy + kFirstBootProgram, "x"));
    ASSERT_TRUE(files.write(copy + "/boot/vmlinuz-6.12", "x"));
    ASSERT_TRUE(files.write(image, *firstboot::with_hostid("image", 0x11223344), 0600));
    ASSERT_TRUE(files.write(copy + "/etc/fstab", "LABEL=ESP /boot/efi vfat x 0 0\n", 0640));
    ReplayRunner runner;
    const auto reset = reset_identity(runner, files, copy, kIdentity);
    ASSERT_TRUE(reset.has_value()) << render(reset.error());
    EXPECT_NE(files.read(image).value(), *firstboot::with_hostid("image", 0x11223344)) << "it was not written again";
    EXPECT_EQ(mode_of(image, 0), 0600U);
    EXPECT_EQ(mode_of(copy + "/etc/fstab", 0), 0640U);
}

TEST(Fstab, OnlyTheLineOfTheEspChanges) {
    EXPECT_EQ(with_new_esp("  LABEL=ESP /boot/efi vfat x\n#LABEL=ESP /boot/efi\n", "/boot/efi", "AB-C"),
              "  PARTUUID=ab-c /boot/efi vfat x\n#LABEL=ESP /boot/efi\n");
}

TEST(Fstab, ForeignDisksAreThoseThatHoldUpABoot) {
    EXPECT_EQ(
        foreign_mounts("LABEL=a /a ext4 noauto 0 0\n/dev/sdb1 /b xfs defaults 0 0\nUUID=c none swap sw 0 0\n"
                       "rpool/x /x zfs defaults 0 0\ntmpfs /tmp tmpfs size=1G 0 0\nPARTUUID=e /boot/efi vfat u 0 0\n",
                       "/boot/efi"),
        (std::vector<std::string>{"/b", "UUID=c"}));
}

}  // namespace
}  // namespace kld::exports::test
