// SPDX-License-Identifier: BSD-3-Clause
// The upgrade in a clone: what it sees of the running system, and that nothing of it is left when it fails.
#include "upgrade/staged.h"

#include "machine.h"
#include "packages/log.h"
#include "samples/efi.h"
#include "upgrade/inside.h"
#include "zfs/plan.h"

namespace kld::upgrade::test {
namespace {

const std::string kPlace = "/run/kldload-upgrade.1";
const std::string kPolicy = kPlace + "/usr/sbin/policy-rc.d";
const Lines kBefore{
    "zfs snapshot -o org.kldload:reason=kupgrade -o org.kldload:transaction=upgrade-TIME "
    "rpool/ROOT/default@upgrade-TIME",
    "zfs clone -o canmount=noauto -o mountpoint=/ -o org.kldload:reason=kupgrade rpool/ROOT/default@upgrade-TIME "
    "rpool/ROOT/default-upgrade-TIME"};
const Lines kMounts{"own mounts",
                    "mktemp --directory /run/kldload-upgrade.XXXXXX",
                    "mount -t zfs -o zfsutil rpool/ROOT/default-upgrade-TIME " + kPlace,
                    "mount --rbind /dev " + kPlace + "/dev",
                    "mount --rbind /proc " + kPlace + "/proc",
                    "mount --rbind /sys " + kPlace + "/sys",
                    "mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs " + kPlace + "/run",
                    "mount -t tmpfs -o mode=0700,nosuid,nodev tmpfs " + kPlace + "/boot/efi",
                    "mount --bind /srv " + kPlace + "/srv",
                    "mount --bind /srv/packages " + kPlace + "/srv/packages",
                    "mount --bind /var/cache " + kPlace + "/var/cache",
                    "mount --bind /var/log " + kPlace + "/var/log"};
const std::string kForbidding = kPlace + "/run/policy-rc.d";
const Lines kForbid{"chroot " + kPlace + " mount --bind /run/policy-rc.d /usr/sbin/policy-rc.d"};
const Lines kAllow{"chroot " + kPlace + " umount /usr/sbin/policy-rc.d"};
const Lines kWork{kForbid[0], "terminal: chroot " + kPlace + " apt-get dist-upgrade -y",
                  "chroot " + kPlace + " dpkg-query", kAllow[0]};
const Lines kUnmount{"umount --recursive " + kPlace, "rmdir " + kPlace};
const Lines kGone{"zfs destroy rpool/ROOT/default-upgrade-TIME", "zfs destroy rpool/ROOT/default@upgrade-TIME"};
const Lines kProve{"prove rpool/ROOT/default-upgrade-TIME"};
const std::string kLook = "/run/kldload-trial.1";
const Lines kLooks{"mktemp --directory /run/kldload-trial.XXXXXX",
                   "mount -t zfs -o zfsutil,ro rpool/ROOT/default-upgrade-TIME " + kLook, "umount " + kLook,
                   "rmdir " + kLook};
const Lines kActivate{"zpool set bootfs=rpool/ROOT/default-upgrade-TIME rpool"};

Lines all(const std::vector<Lines>& parts) {
    Lines whole;
    for (const auto& part : parts) whole.insert(whole.end(), part.begin(), part.end());
    return whole;
}

class Staged : public Upgrades {
protected:
    void SetUp() override {
        Upgrades::SetUp();
        during = [this] {
            const auto there = files.entries.find(kForbidding);
            policy = there == files.entries.end() ? "" : there->second.bytes;
            policy_mode = there == files.entries.end() ? 0 : there->second.mode;
            machine.answers["chroot " + kPlace + " dpkg-query"] = installed_after;
        };
    }
    Result<Outcome> run() {
        auto with = host();
        with.stop = stop_flag;
        auto prepared = prepare(with, false);
        if (!prepared) return fail(prepared.error());
        machine.ran.clear();
        auto outcome = upgrade_staged(with, *prepared, {"kupgrade", "--staged"});
        std::erase_if(machine.ran, [](const auto& line) { return line.starts_with("dpkg-query"); });
        for (auto& line : machine.ran)
            if (const auto at = line.find(" -W -f"); at != std::string::npos) line.resize(at);
        return outcome;
    }
    void expect_failed(const Lines& ran, const std::string& message) {
        const auto outcome = run();
        ASSERT_TRUE(outcome) << render(outcome.error());
        EXPECT_EQ(machine.ran, ran);
        ASSERT_TRUE(outcome->broken);
        EXPECT_EQ(outcome->broken->code, ExitCode::failed);
        EXPECT_NE(outcome->broken->message.find(message), std::string::npos) << outcome->broken->message;
        EXPECT_EQ(outcome->broken->details.back(),
                  "the clone was destroyed again, and the next boot is the same as before");
        EXPECT_EQ(outcome->environment, "");
        EXPECT_FALSE(files.exists(kPolicy));
        EXPECT_EQ(packages::read_log(files).back().result, "failed");
        EXPECT_EQ(packages::read_log(files).back().snapshot, "") << "there is nothing to undo";
    }
    std::string installed_after = "openssl\t3.5.9-1~deb13u1\tii \n";
    std::string policy;
    unsigned policy_mode = 0;
    const std::atomic<bool>* stop_flag = nullptr;
};

TEST_F(Staged, AProvenCloneBootsNext) {
    const auto outcome = run();
    ASSERT_TRUE(outcome) << render(outcome.error());
    EXPECT_FALSE(outcome->broken) << render(*outcome->broken);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kProve, kActivate}));
    EXPECT_FALSE(outcome->on_trial) << "no menu of ours is here";
    EXPECT_EQ(without_time(outcome->environment), "default-upgrade-TIME");
    EXPECT_EQ(without_time(outcome->record.environment), "rpool/ROOT/default-upgrade-TIME");
    EXPECT_EQ(without_time(outcome->record.snapshot), "rpool/ROOT/default@upgrade-TIME");
    EXPECT_EQ(outcome->record.changes.size(), 2U);
    EXPECT_EQ(packages::read_log(files).back().result, "done");
}

TEST_F(Staged, NoServiceIsStartedAndNoHookTakesASnapshot) {
    const auto outcome = run();
    EXPECT_EQ(lines(policy).back(), "exit 101");
    EXPECT_EQ(policy_mode, 0755U);
    EXPECT_FALSE(files.exists(kPolicy));
    EXPECT_EQ(last.environment, (Lines{"KLDLOAD_TRANSACTION=" + outcome->record.id, "SYSTEMD_OFFLINE=1"}));
}

TEST_F(Staged, TheFirmwaresPartitionIsNotTouchedAndGetsItsFilesLater) {
    installed_after = "kldload-menu\t2\tii \n";
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken);
    EXPECT_TRUE(std::any_of(events.told.begin(), events.told.end(), [](const auto& told) {
        return told.find("the EFI system partition gets the new boot files once default-upgrade-") != std::string::npos;
    }));
    EXPECT_TRUE(files.exists(kPlace + kEspPending));
    for (const auto& line : machine.ran)
        EXPECT_TRUE(line.find("/boot/efi") == std::string::npos || line.starts_with("mount -t tmpfs ")) << line;
}

TEST_F(Staged, WithoutANewMenuNothingIsLeftForLater) {
    ASSERT_TRUE(run());
    EXPECT_FALSE(files.exists(kPlace + kEspPending));
}

TEST_F(Staged, SharesWhatIsStoredBesideTheRootAlone) {
    be::World world{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/ROOT/default"};
    world.mounts = {{"rpool/ROOT/default", "/", "zfs"},
                    {"rpool/srv", "/srv", "zfs"},
                    {"/dev/vdb", "/srv/packages", "ext4"},
                    {"tmpfs", "/tmp", "tmpfs"},
                    {"overlay", "/var/lib/docker/overlay2/1", "overlay"},
                    {"portal", "/home/me/portal", "fuse.portal"},
                    {"systemd-1", "/srv/later", "autofs"},
                    {"rpool/srv@before", "/srv/.zfs/snapshot/before", "zfs"},
                    {"rpool/ROOT/old", "/mnt", "zfs"},
                    {"bpool/boot", "/boot", "zfs"},
                    {"/dev/vda1", "/efi", "vfat"},
                    {"/dev/vdc", "/run/media/stick", "vfat"},
                    {"rpool/home", "/home", "zfs"},
                    {"rpool/srv", "/srv", "zfs"}};
    EXPECT_EQ(shared_places(world), (Lines{"/home", "/srv", "/srv/packages"}));
}

TEST_F(Staged, APolicyThatWasThereIsNotTouched) {
    files.entries[kPolicy] = {"#!/bin/sh\nexit 104\n", 0755};
    auto with = during;
    std::string meanwhile;
    during = [&] {
        with();
        meanwhile = files.entries.at(kPolicy).bytes;
    };
    ASSERT_TRUE(run());
    EXPECT_EQ(lines(policy).back(), "exit 101") << "it is mounted over the other one";
    EXPECT_EQ(meanwhile, "#!/bin/sh\nexit 104\n");
    EXPECT_EQ(files.entries.at(kPolicy).bytes, meanwhile);
}

TEST_F(Staged, WhatAKillWouldLeaveForbidsNoService) {
    auto with = during;
    FakeFiles::Entry meanwhile;
    during = [&] {
        with();
        meanwhile = files.entries.at(kPolicy);
    };
    ASSERT_TRUE(run());
    EXPECT_EQ(meanwhile.bytes, "");
    EXPECT_EQ(meanwhile.mode & 0111, 0U) << "invoke-rc.d asks programs alone";
}

TEST_F(Staged, ASignalTakesAllBackOnceTheManagerIsThrough) {
    std::atomic<bool> stop{false};
    auto with = during;
    during = [&] {
        with();
        EXPECT_EQ(packages::read_log(files).back().result, "begun") << "a kill would leave a word";
        stop = true;
    };
    stop_flag = &stop;
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kGone}), "stopped by a signal");
    // And before anything is upgraded.
    machine.ran.clear();
    ASSERT_FALSE(run());
    EXPECT_EQ(machine.ran, all({{kBefore[0]}, {kGone[1]}}));
}

TEST_F(Staged, ASignalDuringTheCheckKeepsItFromBooting) {
    std::atomic<bool> stop{false};
    stop_flag = &stop;
    on_prove = [&] { stop = true; };
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kProve, kGone}), "stopped by a signal");
}

TEST_F(Staged, WhereTheMenuCountsTriesItIsATrial) {
    menu_counts_tries();
    keeping_unit(kLook);
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->on_trial);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kProve, kLooks, {"zpool sync rpool"}}))
        << "bootfs stays where it is";
    const auto trial = boot::read_trial(files, "/boot/efi");
    ASSERT_TRUE(trial);
    EXPECT_EQ(without_time(trial->dataset), "rpool/ROOT/default-upgrade-TIME");
    EXPECT_EQ(trial->left, 3U);

    SCOPED_TRACE("nobody would keep it");
    keeping_unit(kLook, false);
    for (const auto* slot : boot::kTrialSlots) files.entries.erase(std::string("/boot/efi/") + slot);
    machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
    const auto other = run();
    ASSERT_TRUE(other) << render(other.error());
    EXPECT_FALSE(other->on_trial);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kProve, kLooks, kActivate}));
}

TEST_F(Staged, APartitionThatIsNotMountedIsARefusal) {
    auto& mounts = files.entries["/proc/self/mountinfo"].bytes;
    mounts = replace_all(mounts, "44 25 0:39 / /boot/efi rw shared:27 - vfat /dev/vda1 rw\n", "");
    files.entries["/etc/fstab"] = {"PARTUUID=1-2 /boot/efi vfat umask=0077,nofail 0 1\n"};
    const Lines tried{"mount /boot/efi"};
    machine.fails = {tried[0]};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_NE(outcome->broken->message.find("in /etc/fstab and not mounted"), std::string::npos)
        << outcome->broken->message;
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kProve, kGone}))
        << "in the clone something is mounted in its place, that kldload-esp mounts nothing there";
}

TEST_F(Staged, ATrialThatIsHalfWrittenIsTakenBackOrTold) {
    menu_counts_tries();
    keeping_unit(kLook);
    const std::string first = std::string("/boot/efi/") + boot::kTrialSlots[0],
                      second = std::string("/boot/efi/") + boot::kTrialSlots[1];
    for (const bool told : {false, true}) {
        SCOPED_TRACE(told);
        for (const auto& slot : {first, second}) files.entries.erase(slot);
        files.broken = {{second, Error{"input/output error"}}};
        if (told) files.stuck = {{first, Error{"read-only file system"}}};
        machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
        const auto outcome = run();
        ASSERT_TRUE(outcome);
        ASSERT_TRUE(outcome->broken);
        EXPECT_EQ(all({{machine.ran.end() - 2, machine.ran.end()}}), kGone);
        const auto left = boot::read_trial(files, "/boot/efi");
        EXPECT_EQ(left && !left->dataset.empty(), told) << "in force only what cannot be taken back";
        EXPECT_EQ(join(outcome->broken->details, "\n").find("the record of the trial could not be taken back") !=
                      std::string::npos,
                  told);
    }
}

TEST_F(Staged, PackagesThatAreLeftHalfDoneAreAFailure) {
    installed_after = "libc6\t3\tiF \nopenssl\t3.5.9-1~deb13u1\tii \n";
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kGone}), "these packages are half done: libc6");
}

TEST_F(Staged, WhatIsHeldIsHeldInTheClone) {
    machine.answers["apt-get -s"] = recorded("apt-kernel-alone.txt");
    machine.answers["apt-get -o Dir::Etc::preferences=/run/kldload/kupgrade.pref -s"] = recorded("apt-kernel-held.txt");
    ASSERT_TRUE(run());
    EXPECT_TRUE(last.argv.size() > 4 && last.argv[4] == "Dir::Etc::preferences=/run/kldload/kupgrade.pref");
    EXPECT_TRUE(files.entries.at(kPlace + kPreferences).bytes.starts_with("Package: linux-image-6.12.118"));
}

TEST_F(Staged, WhatChangedNothingLeavesNothing) {
    installed_after = machine.answers["dpkg-query"];
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kGone}));
    EXPECT_EQ(outcome->record.result, "nothing");
}

TEST_F(Staged, AManagerThatFails) {
    exit_code = 100;
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kGone}), "apt failed with exit code 100");
}

TEST_F(Staged, OneThatWouldNotBoot) {
    auto with = during;
    during = [this, with] {
        with();
        proof = Proof{{"B02: no zfs.ko"}, {}, {}};
    };
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kProve, kGone}), "would not boot");
}

TEST_F(Staged, OneThatCannotBeChecked) {
    auto with = during;
    during = [this, with] {
        with();
        proof = fail("it cannot be mounted");
    };
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kProve, kGone}), "it cannot be mounted");
}

TEST_F(Staged, OneThatCannotBeActivated) {
    machine.fails = {kActivate[0]};
    expect_failed(all({kBefore, kMounts, kWork, kUnmount, kProve, kActivate, kGone}),
                  "boot rpool/ROOT/default-upgrade");
}

TEST_F(Staged, AMountThatFailsEndsItBeforeTheManager) {
    machine.fails = {kMounts[10]};
    expect_failed(all({kBefore, {kMounts.begin(), kMounts.begin() + 11}, kUnmount, kGone}), "mount failed");
}

TEST_F(Staged, APolicyThatCannotBePutInPlaceEndsItBeforeTheManager) {
    for (const auto& broken : {kForbidding, kPolicy}) {
        files.broken = {{broken, Error{"no space left on device"}}};
        machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
        const auto outcome = run();
        ASSERT_TRUE(outcome);
        ASSERT_TRUE(outcome->broken);
        EXPECT_EQ(machine.ran, all({kBefore, kMounts, kUnmount, kGone}));
    }
    files.broken.clear();
    machine.fails = {kForbid[0]};
    files.entries.erase(kPolicy);
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->broken);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kForbid, kUnmount, kGone}));
}

TEST_F(Staged, APolicyThatStaysEndsIt) {
    files.stuck[kPolicy] = Error{"read-only file system"};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->message, "read-only file system");
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kGone}));
    files.stuck.clear();
    files.entries.erase(kPolicy);
    machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
    machine.fails = {kAllow[0]};
    const auto mounted = run();
    ASSERT_TRUE(mounted);
    EXPECT_TRUE(mounted->broken);
    EXPECT_EQ(machine.ran, all({kBefore, kMounts, kWork, kUnmount, kGone}));
}

TEST_F(Staged, WhatStillRunsInItIsNotActivated) {
    machine.fails = {"umount --recursive " + kPlace};
    expect_failed(all({kBefore, kMounts, kWork, {kUnmount[0], "umount --recursive --lazy " + kPlace}, kGone}),
                  "still runs");
}

TEST_F(Staged, WithoutAClone) {
    machine.fails = {"zfs clone"};
    const auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(machine.ran, all({kBefore, {kGone[1]}}));
    EXPECT_TRUE(packages::read_log(files).empty());
}

TEST_F(Staged, WithoutASnapshot) {
    machine.fails = {"zfs snapshot"};
    ASSERT_FALSE(run());
    EXPECT_EQ(machine.ran, Lines{kBefore[0]});
}

TEST_F(Staged, ACloneThatDoesNotGoIsTold) {
    exit_code = 100;
    machine.fails = {kGone[0]};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->details.back(), "the next boot is the same as before");
    EXPECT_NE(outcome->environment, "");
    EXPECT_EQ(machine.ran.back(), kGone[0]) << "its snapshot cannot go before it";
}

TEST_F(Staged, ShowsWhatItWouldDo) {
    auto with = host();
    const auto prepared = prepare(with, false);
    ASSERT_TRUE(prepared);
    const auto plan = plan_staged(with, *prepared);
    ASSERT_TRUE(plan) << render(plan.error());
    auto text = to_text(*plan);
    menu_counts_tries();
    text += to_text(*plan_staged(with, *prepared));
    kld::test::expect_golden("upgrade/staged.txt", text);
}

}  // namespace
}  // namespace kld::upgrade::test
