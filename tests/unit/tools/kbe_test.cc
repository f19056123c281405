// SPDX-License-Identifier: BSD-3-Clause
// kbe as it is said: plans that are shown and not done, and what is refused.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "base/fd.h"
#include "machine.h"

namespace kld::cmd {
namespace {

using Kbe = Machine;
using Lines = std::vector<std::string>;

const std::string kSync = "write all of rpool to the disk | zpool sync rpool";

TEST_F(Kbe, ATrialIsAPlan) {
    const Lines wanted{kSync,
                       "boot rpool/ROOT/other until it has proved itself, 5 times at most: a record on the EFI system "
                       "partition | "};
    EXPECT_EQ(steps(say({"kbe", "activate", "--trial", "--tries", "5", "other", "--force-unverified", "--dry-run",
                         "--json"})),
              wanted);
    EXPECT_EQ(trial(), "") << "nothing was done";
    EXPECT_EQ(runner.count("zpool sync"), 0U);
    const auto text = say({"kbe", "activate", "-t", "other", "--force-unverified", "--dry-run"}).out;
    EXPECT_EQ(text,
              "1. write all of rpool to the disk\n   zpool sync rpool\n"
              "2. boot rpool/ROOT/other once: a record on the EFI system partition\n");
}

TEST_F(Kbe, ATrialThatIsStartedPrintsItsPlanAlone) {
    const auto said = say({"kbe", "activate", "-t", "other", "--force-unverified", "--json"});
    EXPECT_EQ(steps(said), (Lines{kSync, "boot rpool/ROOT/other once: a record on the EFI system partition | "}));
    EXPECT_EQ(trial(), "rpool/ROOT/other");
    EXPECT_EQ(runner.count("zpool sync"), 1U);
    EXPECT_NE(say({"kbe", "activate", "-t", "other", "--force-unverified"}).out.find("the one after that"),
              std::string::npos);
}

TEST_F(Kbe, ATrialThatEndsIsAPlan) {
    on_trial("rpool/ROOT/other");
    const Lines wanted{"end the trial of rpool/ROOT/other: a record on the EFI system partition | "};
    EXPECT_EQ(steps(say({"kbe", "activate", "-T", "--dry-run", "--json"})), wanted);
    EXPECT_EQ(trial(), "rpool/ROOT/other");
    EXPECT_EQ(steps(say({"kbe", "activate", "-T", "--json"})), wanted);
    EXPECT_EQ(trial(), "");
}

TEST_F(Kbe, WhatEndsATrialByActivatingSaysSo) {
    on_trial("rpool/ROOT/default");
    runner.answers["zpool set bootfs="] = {};
    const Lines wanted{"boot rpool/ROOT/other from now on | zpool set bootfs=rpool/ROOT/other rpool",
                       "end the trial of rpool/ROOT/default: a record on the EFI system partition | "};
    EXPECT_EQ(steps(say({"kbe", "activate", "other", "--force-unverified", "--dry-run", "--json"})), wanted);
    EXPECT_EQ(runner.count("zpool set"), 0U);
    EXPECT_EQ(steps(say({"kbe", "activate", "other", "--force-unverified", "--json"})), wanted);
    EXPECT_EQ(runner.count("zpool set"), 1U);
    EXPECT_EQ(trial(), "");
}

TEST_F(Kbe, WhatBootsByItselfIsNotTried) {
    for (const auto* how : {"-t", "--trial"})
        expect_refused({"kbe", "activate", how, "default", "--force-unverified"}, ExitCode::refused,
                       "default boots by itself already", "make another one the default first");
    EXPECT_EQ(trial(), "");
}

TEST_F(Kbe, WithoutATrialThereIsNoneToEnd) {
    expect_refused({"kbe", "activate", "-T"}, ExitCode::usage, "nothing is on trial", "kbe list shows what is");
    expect_refused({"kbe", "activate", "-T", "--dry-run", "--json"}, ExitCode::usage, "nothing is on trial",
                   "kbe list shows what is");
    EXPECT_EQ(say({"kbe", "activate", "-T", "-t", "other"}).code, 2);
    EXPECT_EQ(say({"kbe", "activate"}).code, 2) << "of what?";
}

TEST_F(Kbe, ATrialOfAnotherPoolThanTheOneThatRunsIsRefusedInItsPlanToo) {
    files.entries["/proc/self/mountinfo"] = {"25 1 0:22 / / rw - ext4 /dev/vda2 rw\n"};
    runner.answers["zpool list"].out = "rpool\n";
    expect_refused({"kbe", "activate", "-t", "other", "--force-unverified", "--dry-run"}, ExitCode::refused,
                   "no boot environment of rpool runs here", "kbe activate without -t and --trial");
}

TEST_F(Kbe, CommitIsAPlan) {
    on_trial("rpool/ROOT/default");
    boots_next("rpool/ROOT/other");
    runner.answers["zpool set bootfs=rpool/ROOT/default rpool"] = runner.answers["systemctl stop"] = {};
    const Lines wanted{"do not restart the machine for want of a proof | systemctl stop kldload-trial-timeout.timer",
                       "boot rpool/ROOT/default from now on | zpool set bootfs=rpool/ROOT/default rpool",
                       "end the trial of rpool/ROOT/default: a record on the EFI system partition | "};
    EXPECT_EQ(steps(say({"kbe", "commit", "--dry-run", "--json"})), wanted);
    EXPECT_EQ(trial(), "rpool/ROOT/default");
    EXPECT_EQ(runner.count("systemctl") + runner.count("zpool set"), 0U);
    EXPECT_EQ(steps(say({"kbe", "commit", "--json"})), wanted);
    EXPECT_EQ(trial(), "");
    EXPECT_EQ(runner.count("systemctl") + runner.count("zpool set"), 2U);
}

TEST_F(Kbe, CommitOfWhatIsNotOnTrialIsRefusedInItsPlanToo) {
    boots_next("rpool/ROOT/other");
    expect_refused({"kbe", "commit", "--dry-run"}, ExitCode::usage, "default is not on trial",
                   "kbe list shows what is");
    files.entries["/proc/self/mountinfo"] = {kRoot};
    expect_refused({"kbe", "commit", "--dry-run", "--json"}, ExitCode::refused,
                   "the EFI system partition is not mounted", "mount it");
}

TEST_F(Kbe, ExportAndImportAreShownOnATerminal) {
    const Fd keyboard(::posix_openpt(O_RDWR | O_NOCTTY));
    ASSERT_EQ(::grantpt(keyboard.get()) + ::unlockpt(keyboard.get()), 0);
    const Fd screen(::open(::ptsname(keyboard.get()), O_RDWR | O_NOCTTY));
    const Fd kept(::dup(0));
    ASSERT_EQ(::dup2(screen.get(), 0), 0);
    const auto import = say({"kbe", "import", "new", "--dry-run", "--json"});
    expect_refused({"kbe", "import", "new"}, ExitCode::usage, "a stream does not come from a terminal",
                   "kbe import NAME < FILE");
    ::dup2(kept.get(), 0);
    EXPECT_EQ(steps(import), (Lines{"receive rpool/ROOT/new from stdin | zfs receive -u -o canmount=noauto -o "
                                    "mountpoint=/ rpool/ROOT/new"}));
    EXPECT_EQ(runner.count("zfs receive"), 0U);

    const auto sent = steps(say({"kbe", "export", "other", "--dry-run", "--json"}));
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_TRUE(sent[0].starts_with("snapshot rpool/ROOT/other@export-")) << sent[0];
    EXPECT_NE(sent[1].find(" to stdout | zfs send -p -L -c rpool/ROOT/other@export-"), std::string::npos) << sent[1];
    EXPECT_NE(sent[2].find(" | zfs destroy rpool/ROOT/other@export-"), std::string::npos) << sent[2];
    EXPECT_EQ(runner.count("zfs snapshot") + runner.count("zfs send"), 0U);
    EXPECT_EQ(say({"kbe", "export", "other", "--json"}).code, 2) << "stdout is for the stream";
}

TEST_F(Kbe, RunIsAPlan) {
    const std::string place = "/run/kldload-inside.XXXXXX";
    EXPECT_EQ(
        steps(say({"kbe", "run", "other", "--dry-run", "--json", "--", "touch", "--dry-run"})),
        (Lines{"make a directory for it | mktemp --directory " + place,
               "mount rpool/ROOT/other on " + place + " | mount -t zfs -o zfsutil rpool/ROOT/other " + place,
               "mount /dev there, too | mount --rbind /dev " + place + "/dev",
               "mount /proc there, too | mount --rbind /proc " + place + "/proc",
               "mount /sys there, too | mount --rbind /sys " + place + "/sys",
               "mount /run there, too | mount --rbind /run " + place + "/run",
               "run the command in it | chroot " + place + " touch --dry-run",
               "unmount all of it | umount --recursive --lazy " + place, "remove " + place + " | rmdir " + place}));
    EXPECT_EQ(runner.count("mktemp") + runner.count("mount"), 0U);
    expect_refused({"kbe", "run", "default", "--dry-run"}, ExitCode::refused, "default is the one that runs",
                   "run the command as it is");
}

TEST_F(Kbe, ASnapshotTakesNoSource) {
    expect_refused({"kbe", "create", "other@before", "-e", "default"}, ExitCode::usage,
                   "a snapshot takes neither -e nor -o", "kbe create NAME@SNAPSHOT");
    expect_refused({"kbe", "create", "other@before", "-o", "compression=lz4", "--dry-run"}, ExitCode::usage,
                   "a snapshot takes neither -e nor -o", "kbe create NAME@SNAPSHOT");
    EXPECT_EQ(runner.count("zfs snapshot"), 0U);
}

TEST_F(Kbe, ChangesAreForRoot) {
    is_root = false;
    for (const auto& words : {Lines{"kbe", "activate", "-t", "other"}, Lines{"kbe", "import", "new", "--dry-run"},
                              Lines{"kbe", "commit"}, Lines{"kbe", "run", "other"}})
        expect_refused(words, ExitCode::refused, "only root may do that", "sudo, or doas");
    EXPECT_TRUE(runner.ran.empty());
}

}  // namespace
}  // namespace kld::cmd
