// SPDX-License-Identifier: BSD-3-Clause
// What is mounted for a command inside an environment.
#include "recovery/chroot.h"

#include <unistd.h>

#include <filesystem>

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount,
                      const std::string& keystatus = "-") {
    return {
        name,
        {{"mountpoint", {mountpoint, "local"}}, {"canmount", {canmount, "local"}}, {"keystatus", {keystatus, "-"}}}};
}

ChrootWorld sample() {
    return {.pool = {.name = "my pool", .guid = 7, .health = "ONLINE", .altroot = "/mnt"},
            .environment = "my pool/ROOT/default",
            .datasets = {dataset("my pool", "none", "off"), dataset("my pool/ROOT/default", "/", "noauto"),
                         dataset("my pool/ROOT/other", "/", "noauto"), dataset("my pool/var", "/var", "off"),
                         dataset("my pool/var/log", "/var/log", "on"), dataset("my pool/home", "/home", "on"),
                         dataset("my pool/legacy", "legacy", "on")},
            .partitions = {{.device = "/dev/vdb1", .disk = "/dev/vdb", .number = 1, .type = "vfat"}},
            .resolver = "nameserver 192.0.2.1\n"};
}

test::FakeFiles tree() {
    test::FakeFiles files;
    for (const auto* directory : {"/mnt/dev", "/mnt/home", "/mnt/var/log", "/mnt/boot/efi"})
        EXPECT_TRUE(files.make_directories(directory));
    files.entries["/mnt/etc/resolv.conf"] = {"nameserver 192.0.2.9\n"};
    return files;
}

Lines wanted(const ChrootWorld& world, Files& files) {
    return commands(plan_inside(world, files).wanted);
}

TEST(Chroot, MountsTheEnvironmentOnTheAltroot) {
    const auto step = plan_root(sample());
    ASSERT_TRUE(step.has_value());
    EXPECT_EQ(shell_line(step->argv), "mount -t zfs -o zfsutil 'my pool/ROOT/default' /mnt");
    EXPECT_EQ(shell_line(step->undo), "umount --recursive --lazy /mnt");
    auto world = sample();
    world.pool.readonly = true;
    EXPECT_EQ(shell_line(plan_root(world)->argv), "mount -t zfs -o zfsutil,ro 'my pool/ROOT/default' /mnt");
    world.datasets[1] = dataset("my pool/ROOT/default", "/", "noauto", "unavailable");
    expect_refused(plan_root(world), ExitCode::refused, "its key is not loaded", "zfs load-key 'my pool/ROOT/default'");
}

TEST(Chroot, HasAllThatItsOwnSystemWouldHave) {
    auto files = tree();
    ASSERT_TRUE(files.make_directories("/run/udev"));
    const auto inside = plan_inside(sample(), files);
    EXPECT_EQ(commands(inside.needed),
              (Lines{"mount --rbind /dev /mnt/dev", "mount --rbind /proc /mnt/proc", "mount --rbind /sys /mnt/sys",
                     "mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /mnt/run"}));
    EXPECT_EQ(commands(inside.wanted),
              (Lines{"mount -t zfs -o zfsutil 'my pool/home' /mnt/home",
                     "mount -t zfs -o zfsutil 'my pool/var/log' /mnt/var/log", "mkdir /mnt/run/udev",
                     "mount --rbind /run/udev /mnt/run/udev", "mount -t vfat -o umask=0077 /dev/vdb1 /mnt/boot/efi",
                     "mount --bind /etc/resolv.conf /mnt/etc/resolv.conf"}))
        << "no other environment, nothing that does not mount by itself";
    EXPECT_TRUE(inside.wanted.warnings.empty());
}

TEST(Chroot, DoesWithoutWhatIsNotThere) {
    test::FakeFiles files;
    auto world = sample();
    world.datasets.push_back(dataset("my pool/vault", "/vault", "on", "unavailable"));
    world.datasets.push_back(dataset("my pool/logs", "/var/log", "on"));
    ASSERT_TRUE(files.make_directories("/mnt/var/log"));
    const auto inside = plan_inside(world, files);
    EXPECT_EQ(commands(inside.wanted), (Lines{"mount -t zfs -o zfsutil 'my pool/var/log' /mnt/var/log"}));
    EXPECT_EQ(inside.wanted.warnings,
              (Lines{"my pool/home is not mounted: there is no directory /home",
                     "my pool/logs is not mounted: another one is on /var/log",
                     "my pool/vault is not mounted: its key is not loaded (zfs load-key 'my pool/vault')",
                     "/etc/resolv.conf of the environment is no file: names cannot be looked up in there"}));
}

TEST(Chroot, AFileSystemBelowAnotherMayHaveItsDirectoryThere) {
    auto files = tree();
    auto world = sample();
    world.resolver.clear();
    world.partitions.clear();
    world.datasets = {dataset("p/home/me", "/home/me", "on"), dataset("p/home", "/home", "on")};
    EXPECT_EQ(wanted(world, files),
              (Lines{"mount -t zfs -o zfsutil p/home /mnt/home", "mount -t zfs -o zfsutil p/home/me /mnt/home/me"}));
}

TEST(Chroot, ThePartitionIsWhereFstabHasIt) {
    auto files = tree();
    files.entries["/mnt/etc/fstab"] = {"# PARTUUID=x /boot/efi vfat\nPARTUUID=y /efi vfat nofail 0 0\n"};
    EXPECT_EQ(esp_place(sample(), files), "/boot/efi") << "there is no directory /efi";
    ASSERT_TRUE(files.make_directories("/mnt/efi"));
    EXPECT_EQ(esp_place(sample(), files), "/efi");
    test::FakeFiles none;
    EXPECT_EQ(esp_place(sample(), none), "");
    auto world = sample();
    world.partitions[0].type.clear();
    const auto inside = plan_inside(world, files);
    EXPECT_EQ(inside.wanted.warnings, (Lines{"/dev/vdb1 has no FAT and is not mounted on /efi"}));
}

TEST(Chroot, NameServersGoWhereALinkLeads) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    RealFiles files;
    auto world = sample();
    world.pool.altroot = directory->path();
    world.datasets.clear();
    world.partitions.clear();
    ASSERT_TRUE(files.make_directories(directory->path() + "/etc"));
    const auto link = directory->path() + "/etc/resolv.conf";
    std::filesystem::create_symlink("../run/systemd/resolve/stub-resolv.conf", link);
    EXPECT_EQ(wanted(world, files).back(),
              "install -D -m 0644 /etc/resolv.conf " + directory->path() + "/run/systemd/resolve/stub-resolv.conf");
    std::filesystem::remove(link);
    std::filesystem::create_symlink("/nowhere", link);
    EXPECT_EQ(plan_inside(world, files).wanted.warnings.size(), 1U);
    world.resolver.clear();
    EXPECT_TRUE(plan_inside(world, files).wanted.warnings.empty()) << "this system has none itself";
}

TEST(Chroot, ADryRunLeavesNothingMounted) {
    auto files = tree();
    test::ReplayRunner runner;
    runner.expect({"mount", "-t", "zfs", "-o", "zfsutil", "my pool/ROOT/default", "/mnt"});
    runner.expect({"umount", "--recursive", "--lazy", "/mnt"});
    const auto plan = whole_plan(runner, sample(), files);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->steps.size(), 9U);
    EXPECT_EQ(plan->steps[0].text, "mount my pool/ROOT/default on /mnt");
    EXPECT_EQ(plan->steps.back().text, "take along the name servers of this system");
}

TEST(Chroot, IsGivenUpWithoutDevices) {
    auto files = tree();
    test::ReplayRunner runner;
    test::CaptureEvents events;
    runner.expect({"mount", "-t", "zfs", "-o", "zfsutil", "my pool/ROOT/default", "/mnt"});
    runner.expect({"mount", "--rbind", "/dev", "/mnt/dev"}, {}, 32, "mount point does not exist");
    runner.expect({"umount", "--recursive", "--lazy", "/mnt"});
    const auto code = run_in_chroot(runner, files, events, sample(), {"true"});
    ASSERT_FALSE(code.has_value());
    EXPECT_NE(code.error().message.find("cannot mount /dev on /mnt/dev"), std::string::npos) << code.error().message;
}

}  // namespace
}  // namespace kld::recovery
