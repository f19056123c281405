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
    EXPECT_EQ(shell_line(step->undo), "umount --recursive /mnt");
    auto world = sample();
    world.pool.readonly = true;
    EXPECT_EQ(shell_line(plan_root(world)->argv), "mount -t zfs -o zfsutil,ro 'my pool/ROOT/default' /mnt");
    world.datasets[1] = dataset("my pool/ROOT/default", "/", "noauto", "unavailable");
    expect_refused(plan_root(world), ExitCode::refused, "its key is not loaded", "zfs load-key 'my pool/ROOT/default'");
}

TEST(Chroot, OfALegacyDatasetIsMountedWithoutZfsutil) {
    auto world = sample();
    world.datasets[1] = dataset("my pool/ROOT/default", "legacy", "noauto");
    EXPECT_EQ(shell_line(plan_root(world)->argv), "mount -t zfs -o rw 'my pool/ROOT/default' /mnt");
}

TEST(Chroot, OfAPoolForReadingMountsAllForReading) {
    auto files = tree();
    auto world = sample();
    world.pool.readonly = true;
    world.resolver.clear();
    EXPECT_EQ(wanted(world, files), (Lines{"mount -t zfs -o zfsutil,ro 'my pool/home' /mnt/home",
                                           "mount -t zfs -o zfsutil,ro 'my pool/var/log' /mnt/var/log",
                                           "mount -t vfat -o umask=0077,ro /dev/vdb1 /mnt/boot/efi"}));
}

TEST(Chroot, OfAMirrorHasThePartitionThatFstabNames) {
    auto files = tree();
    auto world = sample();
    world.resolver.clear();
    world.datasets.clear();
    world.partitions.push_back(
        {.device = "/dev/vdc1", .disk = "/dev/vdc", .number = 1, .type = "vfat", .partuuid = "bbbb-2"});
    files.entries["/mnt/etc/fstab"] = {"PARTUUID=bbbb-2 /boot/efi vfat umask=0077 0 1\n"};
    EXPECT_EQ(wanted(world, files), (Lines{"mount -t vfat -o umask=0077 /dev/vdc1 /mnt/boot/efi"}));
    files.entries.erase("/mnt/etc/fstab");
    const auto inside = plan_inside(world, files);
    EXPECT_EQ(commands(inside.wanted), (Lines{"mount -t vfat -o umask=0077 /dev/vdb1 /mnt/boot/efi"}));
    EXPECT_EQ(inside.wanted.warnings, (Lines{"fstab does not say which partition is /boot/efi: it is /dev/vdb1"}));
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

TEST(Chroot, ADryRunLooksWithoutWritingAndLeavesNothingMounted) {
    auto files = tree();
    test::ReplayRunner runner;
    runner.expect({"mount", "-t", "zfs", "-o", "zfsutil,ro", "my pool/ROOT/default", "/mnt"});
    runner.expect({"umount", "--recursive", "/mnt"});
    const auto plan = whole_plan(runner, sample(), files);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->steps.size(), 9U);
    EXPECT_EQ(plan->steps[0].text, "mount my pool/ROOT/default on /mnt");
    EXPECT_EQ(shell_line(plan->steps[0].argv), "mount -t zfs -o zfsutil 'my pool/ROOT/default' /mnt");
    EXPECT_EQ(plan->steps.back().text, "take along the name servers of this system");
}

TEST(Chroot, IsGivenUpWithoutDevices) {
    auto files = tree();
    test::ReplayRunner runner;
    test::CaptureEvents events;
    runner.expect({"mount", "-t", "zfs", "-o", "zfsutil", "my pool/ROOT/default", "/mnt"});
    runner.expect({"mount", "--rbind", "/dev", "/mnt/dev"}, {}, 32, "mount point does not exist");
    runner.expect({"umount", "--recursive", "/mnt"});
    const auto code = run_in_chroot(runner, files, events, sample(), {"true"});
    ASSERT_FALSE(code.has_value());
    EXPECT_NE(code.error().message.find("cannot mount /dev on /mnt/dev"), std::string::npos) << code.error().message;
}

/// A whole chroot of an environment with nothing beside it.
class RunInChroot : public testing::Test {
protected:
    void SetUp() override {
        world.datasets.resize(2);
        world.partitions.clear();
        world.resolver.clear();
        runner.expect({"mount", "-t", "zfs", "-o", "zfsutil", "my pool/ROOT/default", "/mnt"});
        for (const std::string shared : {"/dev", "/proc", "/sys"})
            runner.expect({"mount", "--rbind", shared, "/mnt" + shared});
        runner.expect({"mount", "-t", "tmpfs", "-o", "mode=0755,nosuid,nodev", "tmpfs", "/mnt/run"});
        for (const auto* shared : {"/mnt/run", "/mnt/sys", "/mnt/proc", "/mnt/dev"})
            runner.expect({"umount", "--lazy", shared});
    }
    Result<int> run() {
        return run_in_chroot(runner, files, events, world, {"apt", "upgrade"},
                             [&](const std::vector<std::string>& command, const std::string& root) -> Result<int> {
                                 ran = root + ": " + shell_line(command);
                                 EXPECT_EQ(runner.ran.size(), 5U) << "all is mounted";
                                 return 7;
                             });
    }
    ChrootWorld world = sample();
    test::FakeFiles files;
    test::ReplayRunner runner;
    test::CaptureEvents events;
    std::string ran;
};

TEST_F(RunInChroot, UnmountsWhatIsThePools) {
    runner.expect({"umount", "--recursive", "/mnt"});
    EXPECT_EQ(run().value(), 7);
    EXPECT_EQ(ran, "/mnt: apt upgrade");
    EXPECT_TRUE(events.told.empty());
}

TEST_F(RunInChroot, SaysThatSomethingStays) {
    runner.expect({"umount", "--recursive", "/mnt"}, {}, 32, "umount: /mnt: target is busy.");
    runner.expect({"umount", "--recursive", "--lazy", "/mnt"});
    EXPECT_EQ(run().value(), 7);
    ASSERT_EQ(events.told.size(), 1U);
    EXPECT_NE(events.told[0].find("warning /mnt is still in use"), std::string::npos) << events.told[0];
    EXPECT_NE(events.told[0].find("target is busy"), std::string::npos) << events.told[0];
}

}  // namespace
}  // namespace kld::recovery
