// SPDX-License-Identifier: BSD-3-Clause
// The upgrade of the running system: in which order, and that nothing unproven boots by itself.
#include "upgrade/in_place.h"

#include "machine.h"
#include "packages/log.h"
#include "zfs/plan.h"

namespace kld::upgrade::test {
namespace {

const std::string kSnapshot =
    "zfs snapshot -o org.kldload:reason=kupgrade -o org.kldload:transaction=pre-upgrade-TIME "
    "rpool/ROOT/default@pre-upgrade-TIME";
const std::string kClone =
    "zfs clone -o canmount=noauto -o mountpoint=/ -o org.kldload:reason=kupgrade rpool/ROOT/default@pre-upgrade-TIME "
    "rpool/ROOT/default-pre-upgrade-TIME";
const std::string kArm = "zpool set bootfs=rpool/ROOT/default-pre-upgrade-TIME rpool";
const std::string kDisarm = "zpool set bootfs=rpool/ROOT/default rpool";
const std::string kWork = "terminal: apt-get dist-upgrade -y";
const std::string kProve = "prove running rpool/ROOT/default";
const std::string kDropClone = "zfs destroy rpool/ROOT/default-pre-upgrade-TIME";
const std::string kDropSnapshot = "zfs destroy rpool/ROOT/default@pre-upgrade-TIME";

class InPlace : public Upgrades {
protected:
    Result<Outcome> run(bool stay = false) {
        auto with = host();
        auto prepared = prepare(with, false);
        if (!prepared) return fail(prepared.error());
        machine.ran.clear();
        auto outcome = upgrade_in_place(with, *prepared, {"kupgrade"}, stay);
        // What is installed is asked at each turn.
        std::erase_if(machine.ran, [](const auto& line) { return line.starts_with("dpkg-query"); });
        return outcome;
    }
    std::string logged() {
        const auto log = packages::read_log(files);
        return log.size() == 1 ? without_time(log[0].id) + " " + log[0].result : std::to_string(log.size());
    }
};

TEST_F(InPlace, AWayBackFirstAndTheDefaultAgainOnceItIsProven) {
    upgrade_changes_packages();
    const auto outcome = run();
    ASSERT_TRUE(outcome) << render(outcome.error());
    EXPECT_FALSE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve, kDisarm}));
    EXPECT_EQ(without_time(outcome->environment), "default-pre-upgrade-TIME");
    EXPECT_EQ(outcome->default_kernel, "6.12.118+deb13-amd64");
    EXPECT_EQ(without_time(outcome->record.snapshot), "rpool/ROOT/default@pre-upgrade-TIME");
    EXPECT_EQ(outcome->record.environment, "rpool/ROOT/default") << "for kpkg undo";
    EXPECT_EQ(outcome->record.changes.size(), 2U);
    EXPECT_EQ(logged(), "pre-upgrade-TIME done");
    EXPECT_EQ(last.environment, Lines{"KLDLOAD_TRANSACTION=" + outcome->record.id});
}

TEST_F(InPlace, WhatChangedNothingLeavesNothing) {
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kDisarm, kDropClone, kDropSnapshot}));
    EXPECT_EQ(outcome->environment, "");
    EXPECT_EQ(logged(), "pre-upgrade-TIME nothing");
}

TEST_F(InPlace, AnUnprovenSystemDoesNotBootByItself) {
    upgrade_changes_packages();
    during = [this] {
        machine.answers["dpkg-query"] = "openssl\t3.5.9-1~deb13u1\tii \n";
        proof = Proof{{"B02: 6.12.118: no zfs.ko"}, {}, {}};
    };
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve})) << "the one from before boots next";
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->code, ExitCode::failed);
    EXPECT_EQ(outcome->broken->message, "the upgraded system would not boot");
    EXPECT_EQ(outcome->broken->details[0], "B02: 6.12.118: no zfs.ko");
    EXPECT_EQ(without_time(outcome->broken->details[1]),
              "the next boot is put back: default-pre-upgrade-TIME boots, as default was before the upgrade");
    EXPECT_EQ(logged(), "pre-upgrade-TIME failed");
}

TEST_F(InPlace, WhatCannotBeCheckedIsNotProven) {
    during = [this] {
        machine.answers["dpkg-query"] = "openssl\t3.5.9-1~deb13u1\tii \n";
        proof = fail("pool I/O is currently suspended");
    };
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->details[0], "it could not be checked: pool I/O is currently suspended");
    EXPECT_EQ(machine.ran.back(), kProve);
}

TEST_F(InPlace, AManagerThatFailsInTheMiddle) {
    upgrade_changes_packages();
    exit_code = 100;
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve}));
    EXPECT_EQ(outcome->broken->message, "apt-get dist-upgrade -y failed with exit code 100");
    EXPECT_TRUE(outcome->broken->details.back().starts_with("the next boot is put back"));
    EXPECT_EQ(logged(), "pre-upgrade-TIME failed");
}

// apt takes ^C for a wish to end after the step that dpkg is at, and ends well.
TEST_F(InPlace, PackagesThatAreLeftHalfDoneAreAFailure) {
    during = [this] { machine.answers["dpkg-query"] = "libc6\t3\tiU \nopenssl\t3.5.9-1~deb13u1\tii \n"; };
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve})) << "the one from before boots";
    EXPECT_EQ(outcome->broken->message, "the upgrade was interrupted, and these packages are half done: libc6");
    EXPECT_TRUE(outcome->broken->details.back().starts_with("the next boot is put back"));
    EXPECT_EQ(logged(), "pre-upgrade-TIME failed");
}

TEST_F(InPlace, AManagerThatFailsBeforeItBegins) {
    exit_code = 100;
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve, kDisarm}));
    EXPECT_EQ(without_time(join(outcome->broken->details, "\n")),
              "no package was changed, and the system boots as before\n"
              "what was made for it stays: the environment default-pre-upgrade-TIME");
    EXPECT_EQ(without_time(outcome->broken->hint),
              "kbe destroy -o default-pre-upgrade-TIME takes it away, kupgrade tries again");
}

TEST_F(InPlace, AManagerThatFailsAndBreaksWithoutAWordInItsDatabase) {
    exit_code = 100;
    during = [this] { proof = Proof{{"B08: there is no /etc/hostid"}, {}, {}}; };
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(machine.ran.back(), kProve) << "the one from before boots next";
    EXPECT_EQ(outcome->broken->details[0], "B08: there is no /etc/hostid");
}

TEST_F(InPlace, StayedWithWhateverComesOfIt) {
    during = [this] {
        machine.answers["dpkg-query"] = "openssl\t3.5.9-1~deb13u1\tii \n";
        proof = Proof{{"B02: no zfs.ko"}, {}, {}};
    };
    const auto outcome = run(true);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kWork, kProve}));
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->details.back(), "default boots next all the same (--stay)");
    EXPECT_EQ(without_time(outcome->broken->hint),
              "kbe activate default-pre-upgrade-TIME goes back to before the upgrade");
}

TEST_F(InPlace, WithoutASnapshotNothingIsStarted) {
    machine.fails = {"zfs snapshot"};
    const auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(machine.ran, Lines{kSnapshot});
    EXPECT_EQ(outcome.error().details.back(), "the package manager was not started; nothing changed");
    EXPECT_EQ(outcome.error().hint.find("--force-no-snapshot"), std::string::npos) << "kupgrade has no such option";
}

TEST_F(InPlace, WithoutAnEnvironmentToReturnToNothingIsStarted) {
    machine.fails = {"zfs clone"};
    const auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kDropSnapshot}));
    EXPECT_EQ(logged(), "pre-upgrade-TIME nothing");
}

TEST_F(InPlace, WhatCannotBeMadeTheNextBootIsNotStarted) {
    machine.fails = {kArm};
    const auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kDropClone, kDropSnapshot}));
    EXPECT_EQ(outcome.error().details.back(), "the package manager was not started");
}

TEST_F(InPlace, ADefaultThatCannotBeSetBackIsTold) {
    upgrade_changes_packages();
    machine.fails = {kDisarm};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_NE(outcome->broken->message.find("is not what boots next"), std::string::npos);
    EXPECT_NE(outcome->broken->hint.find("kbe activate default"), std::string::npos);
    machine.answers["dpkg-query"] = "openssl\t3.5.9-1~deb13u1\tii \n";
    during = {};
    const auto nothing = run();
    ASSERT_TRUE(nothing);
    ASSERT_TRUE(nothing->broken) << "nothing was upgraded, and another one boots next";
    EXPECT_NE(nothing->environment, "");
}

TEST_F(InPlace, ShowsWhatItWouldDo) {
    auto with = host();
    const auto prepared = prepare(with, false);
    ASSERT_TRUE(prepared);
    machine.ran.clear();
    const auto plan = plan_in_place(with, *prepared, false);
    ASSERT_TRUE(plan) << render(plan.error());
    EXPECT_TRUE(machine.ran.empty());
    kld::test::expect_golden("upgrade/in-place.txt", to_text(*plan));
}

TEST_F(InPlace, PackagesThatCannotBeFetchedEndItBeforeAnything) {
    auto with = host();
    const auto prepared = prepare(with, false);
    machine.ran.clear();
    exit_code = 100;
    const auto fetched = fetch(with, *prepared);
    ASSERT_FALSE(fetched);
    EXPECT_EQ(machine.ran, Lines{"terminal: apt-get dist-upgrade -y --download-only"});
    EXPECT_EQ(fetched.error().details.back(), "the packages could not be fetched; nothing was changed");
}

}  // namespace
}  // namespace kld::upgrade::test
