// SPDX-License-Identifier: BSD-3-Clause
// Trials as the running system starts and ends them.
#include "be/trial.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "samples/efi.h"
#include "support/fakes.h"
#include "zfs/mounts.h"

namespace kld::be {
namespace {

constexpr const char* kRoot = "25 1 0:22 / / rw,relatime - zfs rpool/ROOT/default rw\n";
constexpr const char* kEsp = "60 25 254:1 / /boot/efi rw,relatime - vfat /dev/vda1 rw\n";

class Trials : public testing::Test {
protected:
    void SetUp() override {
        mounts(std::string(kRoot) + kEsp);
        menu("ID=kldload\nKLDLOAD_TRIALS=1\n");
    }
    void mounts(const std::string& mountinfo) {
        files.entries["/proc/self/mountinfo"] = {mountinfo};
        world.mounts = zfs::parse_mounts(mountinfo);
    }
    void menu(const std::string& release) {
        files.entries["/boot/efi/EFI/BOOT/grubx64.efi"] = {boot::test::make_efi_program({{".osrel", release}})};
    }
    Status start(unsigned tries = 3, bool once = false) {
        runner.expect({"zpool", "get", "-Hp", "-o", "value", "guid", "rpool"}, "77\n");
        runner.expect({"zpool", "sync", "rpool"});
        return start_trial(runner, files, world, "rpool/ROOT/new", tries, once);
    }
    World world{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/ROOT/default"};
    test::FakeFiles files;
    test::ReplayRunner runner;
};

TEST_F(Trials, LieInBothSlots) {
    ASSERT_TRUE(start());
    const auto first = trial_of(files, world);
    const boot::Trial wanted{first->sequence, 77, "rpool/ROOT/new", 3, 3, false};
    EXPECT_EQ(first, wanted);
    for (const auto* slot : boot::kTrialSlots) {
        const auto record = boot::parse_slot(files.entries.at(std::string("/boot/efi/") + slot).bytes);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->dataset, "rpool/ROOT/new");
    }
    ASSERT_TRUE(start(1, true));
    EXPECT_GE(trial_of(files, world)->sequence, first->sequence + 2);
    EXPECT_TRUE(trial_of(files, world)->once);
}

TEST_F(Trials, NeedAMenuThatCounts) {
    const auto refused = [&](const std::string& text) {
        const auto done = start_trial(runner, files, world, "rpool/ROOT/new", 3, false);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ExitCode::refused);
        EXPECT_NE(done.error().message.find(text), std::string::npos) << done.error().message;
    };
    menu("ID=kldload\n");
    refused("does not count tries");
    files.entries["/boot/efi/EFI/BOOT/grubx64.efi"] = {"no program"};
    refused("does not count tries");
    files.entries.erase("/boot/efi/EFI/BOOT/grubx64.efi");
    refused("another loader");
    mounts(kRoot);
    refused("not mounted");
    EXPECT_FALSE(trial_of(files, world));
}

TEST_F(Trials, TheOneThatRunsIsKept) {
    ASSERT_TRUE(start());
    world.running = "rpool/ROOT/new";
    runner.expect({"zpool", "set", "bootfs=rpool/ROOT/new", "rpool"});
    ASSERT_TRUE(commit_trial(runner, files, world));
    EXPECT_FALSE(trial_of(files, world)) << "ended";
    EXPECT_FALSE(commit_trial(runner, files, world)) << "once";
    world.next = world.running;
    EXPECT_EQ(commit_trial(runner, files, world).value(), false) << "it is what boots: nothing is wrong";
    mounts(kRoot);
    const auto unknown = commit_trial(runner, files, world);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ExitCode::refused) << "without the partition nobody knows";
}

TEST_F(Trials, AnotherOneIsNotKept) {
    ASSERT_TRUE(start());
    const auto done = commit_trial(runner, files, world);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "default is not on trial");
    EXPECT_TRUE(trial_of(files, world));
}

TEST_F(Trials, ADefaultThatCannotBeSetLeavesTheTrial) {
    ASSERT_TRUE(start());
    world.running = "rpool/ROOT/new";
    runner.expect({"zpool", "set", "bootfs=rpool/ROOT/new", "rpool"}, {}, 1, "pool is suspended");
    EXPECT_FALSE(commit_trial(runner, files, world));
    EXPECT_EQ(trial_of(files, world)->dataset, "rpool/ROOT/new");
}

TEST_F(Trials, ARecordThatIsHalfWrittenIsTakenBack) {
    const auto start_new = [&] {
        runner.expect({"zpool", "get", "-Hp", "-o", "value", "guid", "rpool"}, "77\n");
        runner.expect({"zpool", "sync", "rpool"});
        return start_trial(runner, files, world, "rpool/ROOT/newer", 3, false);
    };
    for (const auto* slot : boot::kTrialSlots) {
        SCOPED_TRACE(slot);
        const auto bad = std::string("/boot/efi/") + slot;
        files.broken[bad] = Error{"no space left"};
        EXPECT_FALSE(start_new());
        files.broken.clear();
        EXPECT_FALSE(trial_of(files, world)) << "there was none";
    }
    ASSERT_TRUE(start());
    const auto before = trial_of(files, world);
    for (const auto* slot : boot::kTrialSlots) {
        SCOPED_TRACE(slot);
        files.broken[std::string("/boot/efi/") + slot] = Error{"input/output error"};
        EXPECT_FALSE(start_new());
        files.broken.clear();
        EXPECT_EQ(trial_of(files, world), before);
    }
}

TEST_F(Trials, EndWhenTheyAreTakenBack) {
    EXPECT_FALSE(end_trial(runner, files, world).value()) << "there is none";
    ASSERT_TRUE(start());
    EXPECT_EQ(end_trial(runner, files, world).value()->dataset, "rpool/ROOT/new");
    EXPECT_FALSE(trial_of(files, world));
}

TEST_F(Trials, WhoChecksThePartitionIsWaitedFor) {
    mounts(kRoot);
    files.while_waiting = [&] { mounts(std::string(kRoot) + kEsp); };
    ASSERT_TRUE(start());
    EXPECT_EQ(files.locked, std::vector<std::string>{"/run/kldload/esp.lock"});
    world.running = "rpool/ROOT/new";
    mounts(kRoot);
    runner.expect({"zpool", "set", "bootfs=rpool/ROOT/new", "rpool"});
    EXPECT_TRUE(commit_trial(runner, files, world)) << "its record is there when it is looked for";
}

TEST_F(Trials, NothingIsWrittenBelowAPartitionThatIsGone) {
    ASSERT_TRUE(start());
    const auto before = files.entries;
    files.while_waiting = [&] { files.entries["/proc/self/mountinfo"] = {kRoot}; };
    const auto refused = [&](const auto& done) {
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ExitCode::refused);
        EXPECT_NE(done.error().message.find("not mounted"), std::string::npos) << done.error().message;
        mounts(std::string(kRoot) + kEsp);
    };
    refused(start_trial(runner, files, world, "rpool/ROOT/newer", 3, false));
    refused(end_trial(runner, files, world));
    world.running = "rpool/ROOT/new";
    refused(commit_trial(runner, files, world));
    EXPECT_EQ(files.entries.size(), before.size());
    EXPECT_EQ(trial_of(files, world)->dataset, "rpool/ROOT/new");
}

TEST_F(Trials, WhatFstabHasIsMountedFirst) {
    mounts(kRoot);
    files.entries["/etc/fstab"] = {"PARTUUID=1-2 /boot/efi vfat umask=0077,nofail 0 1\n"};
    runner.expect({"mount", "/boot/efi"}, {}, 32, "no such device");
    EXPECT_FALSE(end_trial(runner, files, world));
    EXPECT_EQ(why_no_trial(runner, files, world, "rpool/ROOT/new").error().code, ExitCode::refused)
        << "nobody knows what the menu would do";
    files.entries["/etc/fstab"] = {"# none\n"};
    EXPECT_NE(why_no_trial(runner, files, world, "rpool/ROOT/new").value().find("not mounted"), std::string::npos);
}

// Seen where a machine was shut down in the last moments of kupgrade --staged: what it had upgraded would have booted
// without a trial.
TEST_F(Trials, APartitionThatWasUnmountedMeanwhileIsNoReasonToDoWithoutThem) {
    const auto earlier = world.mounts;
    ASSERT_FALSE(earlier.empty());
    mounts(kRoot);
    world.mounts = earlier;
    files.entries["/etc/fstab"] = {"PARTUUID=1-2 /boot/efi vfat umask=0077,nofail 0 1\n"};
    files.entries.erase("/boot/efi/EFI/BOOT/grubx64.efi");
    const auto why = why_no_trial(runner, files, world, "rpool/ROOT/new");
    ASSERT_FALSE(why);
    EXPECT_EQ(why.error().code, ExitCode::refused);
    EXPECT_EQ(why.error().message, "/boot/efi is in /etc/fstab and not mounted, and trials are counted there");
}

TEST_F(Trials, OfAPoolThatDoesNotRunAreNotForThisMachinesMenu) {
    world.running.clear();
    const auto refused = start_trial(runner, files, world, "rpool/ROOT/new", 3, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_EQ(refused.error().message, "no boot environment of rpool runs here");
    EXPECT_EQ(why_no_trial(runner, files, world, "rpool/ROOT/new").value(), refused.error().message);
}

TEST_F(Trials, CountAboveWhatAnotherDiskMayHave) {
    ASSERT_TRUE(start());
    EXPECT_GT(trial_of(files, world)->sequence, 1'700'000'000U) << "by the clock: the menu takes the highest of all";
    const auto before = trial_of(files, world)->sequence;
    ASSERT_TRUE(start());
    EXPECT_GT(trial_of(files, world)->sequence, before);
}

TEST_F(Trials, NeedTheUnitThatKeepsThem) {
    world.datasets = {{"rpool/ROOT/new", {{"mountpoint", {"/", "local"}}}}};
    const auto look = [&] {
        runner.expect({"mktemp", "--directory", "/run/kldload-trial.XXXXXX"}, "/run/kldload-trial.1\n");
        runner.expect({"mount", "-t", "zfs", "-o", "zfsutil,ro", "rpool/ROOT/new", "/run/kldload-trial.1"});
        runner.expect({"umount", "/run/kldload-trial.1"});
        runner.expect({"rmdir", "/run/kldload-trial.1"});
        return why_no_trial(runner, files, world, "rpool/ROOT/new");
    };
    EXPECT_EQ(look().value(), "in new no unit is enabled that would keep it");
    files.entries["/run/kldload-trial.1/etc/systemd/system/multi-user.target.wants/kldload-trial.service"] = {""};
    EXPECT_EQ(look().value(), "");
    EXPECT_FALSE(expect_keeping_unit(runner, files, world, "rpool/ROOT/default"))
        << "what is mounted is looked at there";
}

TEST_F(Trials, OnTheLastTryItRuns) {
    world.trial = boot::Trial{1, 77, "rpool/ROOT/new", 0, 3, false};
    EXPECT_FALSE(world.on_trial("rpool/ROOT/new")) << "it was tried, and given up";
    world.running = "rpool/ROOT/new";
    EXPECT_TRUE(world.on_trial("rpool/ROOT/new"));
    world.trial->once = true;
    EXPECT_FALSE(world.on_trial("rpool/ROOT/new"));
}

TEST_F(Trials, OfAnotherPoolAreNotOurs) {
    ASSERT_TRUE(start());
    world.pool = "tank";
    EXPECT_FALSE(trial_of(files, world));
}

TEST_F(Trials, BootChecksRunInOrderAndTheFirstFailureIsNamed) {
    EXPECT_TRUE(run_boot_checks(runner, files)) << "there are none";
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles real;
    ProcessRunner programs;
    const auto at = [&](const std::string& name) { return directory->path() + "/" + name; };
    const auto add = [&](const std::string& name, const std::string& end, unsigned mode = 0755) {
        ASSERT_TRUE(real.write(at(name), "#!/bin/sh\necho " + name + " >> " + at("ran.log~") + "\n" + end, mode));
    };
    add("20-second", "");
    add("10-first", "");
    add(".hidden", "");
    add("15-backup~", "");
    add("16-no-program", "", 0644);
    const auto run = [&] { return run_boot_checks(programs, real, directory->path()); };
    EXPECT_TRUE(run());
    EXPECT_EQ(real.read(at("ran.log~")).value(), "10-first\n20-second\n");
    add("15-fails", "echo no database >&2; exit 3\n");
    const auto failed = run();
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().message.starts_with("the boot check 15-fails failed")) << failed.error().message;
    EXPECT_NE(render(failed.error()).find("no database"), std::string::npos);
    EXPECT_EQ(real.read(at("ran.log~")).value(), "10-first\n20-second\n10-first\n15-fails\n");
}

}  // namespace
}  // namespace kld::be
