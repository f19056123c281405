// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "base/text.h"
#include "exports/identity.h"
#include "exports/world.h"
#include "support/fakes.h"

namespace kld::exports::test {
namespace {

constexpr const char* kMounts =
    "22 1 0:20 / / rw shared:1 - zfs rpool/ROOT/default rw\n"
    "23 22 253:1 / /boot/efi rw shared:2 - vfat /dev/vda1 rw\n"
    "24 22 253:16 / /mnt rw shared:3 - ext4 /dev/vdb rw\n";

class Probe : public testing::Test {
protected:
    void SetUp() override {
        put("/proc/self/mountinfo", kMounts);
        put("/etc/fstab", "# nothing\n");
        put("/etc/hostname", "web1\n");
        put("/etc/ssh/ssh_host_rsa_key", "");
        put("/mnt/else", "");
        for (const auto* program : {"zfs", "zpool", "sfdisk", "losetup", "mkfs.vfat"})
            put(std::string("/usr/sbin/") + program, "");
        for (const auto* program : {"mmd", "mcopy", "qemu-img", "sha256sum", "ssh-keygen"})
            put(std::string("/usr/bin/") + program, "");
        for (const auto* file : {"BOOT/BOOTX64.EFI", "kldload/trial.0", "kldload/trial.1", "kldload/builder.der"})
            put(std::string("/boot/efi/EFI/") + file, "x");
        wish_.output = "/mnt/web1.qcow2";
    }
    void put(const std::string& path, const std::string& bytes) { files_.entries[path] = {bytes, 0644}; }
    void expect_commands(bool with_esp = true) {
        runner_.expect({"zpool", "get", "-Hp", "-o", "property,value,source", "all", "rpool"},
                       "size\t10\t-\nashift\t13\tlocal\nbootfs\trpool/ROOT/default\tlocal\nautotrim\ton\tlocal\n"
                       "comment\t-\tdefault\ncachefile\tnone\tlocal\norg.x:y\tz\tlocal\n"
                       "compatibility\topenzfs-2.3-linux\tlocal\nfeature@lz4_compress\tactive\tlocal\n"
                       "feature@draid\tdisabled\tlocal\nfeature@edonr\tenabled\tlocal\n");
        runner_.expect({"zfs", "get", "-Hp", "-r", "-t", "filesystem,volume", "-o", "name,property,value,source",
                        "type,used,referenced,mountpoint,canmount,encryption,encryptionroot,keystatus,"
                        "org.zfsbootmenu:active",
                        "rpool"},
                       "rpool\treferenced\t7\t-\nrpool/ROOT/default\treferenced\t8\t-\n");
        runner_.expect({"zfs", "get", "-Hp", "-r", "-t", "filesystem,volume", "-o", "name,property,value,source", "-s",
                        "local,received", "all", "rpool"},
                       "rpool\tcompression\tlz4\tlocal\nrpool\tmountpoint\tnone\tlocal\n");
        if (!with_esp) return;
        runner_.expect({"lsblk", "--bytes", "--nodeps", "--noheadings", "--pairs", "--output",
                        "SIZE,PARTUUID,PTUUID,UUID", "/dev/vda1"},
                       "SIZE=\"536870912\" PARTUUID=\"aa-bb\" PTUUID=\"cc\" UUID=\"6B1C-03A2\"\n");
        runner_.expect({"df", "--output=avail", "--block-size=1", "/mnt"}, "     Avail\n1234567\n");
    }

    kld::test::FakeFiles files_;
    kld::test::ReplayRunner runner_;
    Wish wish_;
};

TEST_F(Probe, AnEspThatIsNotMountedIsRefused) {
    put("/proc/self/mountinfo", "22 1 0:20 / / rw shared:1 - zfs rpool/ROOT/default rw\n");
    expect_commands(false);
    const auto world = probe(runner_, files_, wish_);
    ASSERT_FALSE(world.has_value());
    EXPECT_NE(world.error().message.find("EFI system partition"), std::string::npos) << render(world.error());
    EXPECT_FALSE(world.error().hint.empty());
}

TEST_F(Probe, ReadsWhatACopyIsMadeOf) {
    expect_commands();
    const auto world = probe(runner_, files_, wish_);
    ASSERT_TRUE(world.has_value()) << render(world.error());
    EXPECT_EQ(world->pool, "rpool");
    EXPECT_EQ(world->running, "rpool/ROOT/default");
    EXPECT_EQ(world->ashift, 13U);
    EXPECT_EQ(world->pool_own, (zfs::Properties{{"autotrim", "on"}, {"org.x:y", "z"}}))
        << "neither bootfs nor cachefile, nor what nobody has set";
    EXPECT_EQ(world->features, (std::vector<std::string>{"lz4_compress", "edonr"}));
    EXPECT_EQ(world->compatibility, "openzfs-2.3-linux");
    EXPECT_EQ(world->datasets.size(), 2U);
    EXPECT_EQ(world->own.at("rpool"), (zfs::Properties{{"compression", "lz4"}, {"mountpoint", "none"}}));
    EXPECT_EQ(world->esp.size, 512U << 20);
    EXPECT_EQ(world->esp.partuuid + world->esp.disk_guid + world->esp.volume_id, "aa-bbcc6B1C-03A2");
    std::vector<std::string> targets;
    for (const auto& file : world->esp.files) targets.push_back(file.target);
    EXPECT_EQ(targets, (std::vector<std::string>{"EFI/BOOT/BOOTX64.EFI", "EFI/kldload/builder.der"}))
        << "no record of a trial";
    EXPECT_EQ(world->free, 1234567U);
    EXPECT_EQ(world->output_mount, "/dev/vdb");
    EXPECT_EQ(world->hostname, "web1");
    EXPECT_TRUE(world->missing.empty());
    EXPECT_FALSE(world->first_boot);
    EXPECT_TRUE(world->host_keys);
    EXPECT_TRUE(world->dropbear.empty());
}

TEST_F(Probe, KnowsWhereDropbearHasHostKeys) {
    expect_commands();
    put("/etc/dropbear/dropbear.conf", "x");
    put("/etc/dropbear/initramfs/dropbear_ed25519_host_key", "key");
    const auto world = probe(runner_, files_, wish_);
    ASSERT_TRUE(world) << render(world.error());
    EXPECT_EQ(world->dropbear, std::vector<std::string>{"/etc/dropbear/initramfs"});
}

TEST_F(Probe, KnowsWhichProgramsAFormatNeeds) {
    for (const auto* path : {"/usr/bin/qemu-img", "/usr/bin/sha256sum", "/usr/bin/ssh-keygen", "/usr/sbin/mkfs.vfat"})
        files_.entries.erase(path);
    const auto missing = [&](image::Format format) {
        wish_.format = format;
        expect_commands();
        const auto world = probe(runner_, files_, wish_);
        EXPECT_TRUE(world.has_value());
        return world ? join(world->missing, " ") : "";
    };
    EXPECT_EQ(missing(image::Format::qcow2), "mkfs.vfat qemu-img ssh-keygen");
    EXPECT_EQ(missing(image::Format::ova), "mkfs.vfat sha256sum ssh-keygen");
    EXPECT_EQ(missing(image::Format::raw), "mkfs.vfat ssh-keygen");
    wish_.keep_identity = true;
    EXPECT_EQ(missing(image::Format::vmdk), "mkfs.vfat");
    wish_.keep_identity = false;
    put(kFirstBootProgram, "");
    EXPECT_EQ(missing(image::Format::vmdk), "mkfs.vfat");
}

TEST_F(Probe, ARootThatIsNoDatasetIsRefused) {
    put("/proc/self/mountinfo", "22 1 0:20 / / rw shared:1 - ext4 /dev/vda2 rw\n");
    const auto world = probe(runner_, files_, wish_);
    ASSERT_FALSE(world.has_value());
    EXPECT_EQ(world.error().code, ExitCode::refused);
    put("/proc/self/mountinfo", "22 1 0:20 / / rw shared:1 - zfs rpool rw\n");
    EXPECT_EQ(probe(runner_, files_, wish_).error().code, ExitCode::refused) << "a pool's own dataset";
}

}  // namespace
}  // namespace kld::exports::test
