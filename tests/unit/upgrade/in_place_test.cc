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
const std::string kCompare =
    "diff --recursive --brief --no-dereference --exclude=efi "
    "/.zfs/snapshot/pre-upgrade-TIME/boot /boot";
const std::string kSync = "zpool sync rpool";
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
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve, kCompare, kDisarm}));
    EXPECT_EQ(without_time(outcome->environment), "default-pre-upgrade-TIME");
    EXPECT_EQ(outcome->default_kernel, "6.12.118+deb13-amd64");
    EXPECT_EQ(without_time(outcome->record.snapshot), "rpool/ROOT/default@pre-upgrade-TIME");
    EXPECT_EQ(outcome->record.environment, "rpool/ROOT/default") << "for kpkg undo";
    EXPECT_EQ(outcome->record.changes.size(), 2U);
    EXPECT_EQ(logged(), "pre-upgrade-TIME done");
    EXPECT_EQ(last.environment, Lines{"KLDLOAD_TRANSACTION=" + outcome->record.id});
}

TEST_F(InPlace, WhatStartsTheSystemHasToProveItself) {
    upgrade_changes_packages();
    menu_counts_tries();
    keeping_unit("");
    {
        SCOPED_TRACE("nothing of it was changed");
        const auto outcome = run();
        ASSERT_TRUE(outcome);
        EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve, kCompare, kDisarm}));
        EXPECT_FALSE(outcome->on_trial);
        EXPECT_FALSE(trial());
    }
    machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
    machine.fails = {"diff"};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kArm, kWork, kProve, kCompare, kSync}))
        << "the one from before stays the default";
    EXPECT_TRUE(outcome->on_trial);
    EXPECT_EQ(without_time(outcome->back), "default-pre-upgrade-TIME");
    ASSERT_TRUE(trial());
    EXPECT_EQ(trial()->dataset, "rpool/ROOT/default");
    EXPECT_EQ(trial()->left, 3U);
}

TEST_F(InPlace, WhereNothingCountsOrKeepsThereIsNoTrial) {
    machine.fails = {"diff"};
    for (const bool counts : {false, true}) {
        SCOPED_TRACE(counts);
        if (counts) menu_counts_tries();
        keeping_unit("", !counts);
        machine.answers["dpkg-query"] = "openssl\t3.5.0-1\tii \n";
        upgrade_changes_packages();
        const auto outcome = run();
        ASSERT_TRUE(outcome);
        EXPECT_FALSE(outcome->broken);
        EXPECT_EQ(machine.ran.back(), kDisarm);
        EXPECT_FALSE(outcome->on_trial);
        EXPECT_FALSE(trial());
        EXPECT_TRUE(events.told.back().ends_with(": it boots from now on without a trial")) << events.told.back();
    }
}

TEST_F(InPlace, ATrialThatCannotBeWrittenDownIsNone) {
    upgrade_changes_packages();
    menu_counts_tries();
    keeping_unit("");
    machine.fails = {"diff", kSync};
    const auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken) << "it was proven as well as can be";
    EXPECT_EQ(machine.ran.back(), kDisarm);
    EXPECT_FALSE(outcome->on_trial);
}

/// Upgraded once, and not started since.
class OnceMore : public InPlace {
protected:
    void SetUp() override {
        InPlace::SetUp();
        menu_counts_tries();
        keeping_unit("");
        const boot::Trial record{5, 77, "rpool/ROOT/default", 3, 3, false};
        for (const auto* slot : boot::kTrialSlots)
            files.entries[std::string("/boot/efi/") + slot] = {boot::to_slot(record)};
        machine.answers["zpool get -H -o value bootfs,altroot"] = "rpool/ROOT/older\n-\n";
    }
    bool waits() { return trial() && trial()->dataset == "rpool/ROOT/default" && trial()->left == 3; }
};

TEST_F(OnceMore, ComesOnTopOfWhatNobodyHasStartedYet) {
    bool in_between = true;
    during = [&] {
        in_between = waits();
        machine.answers["dpkg-query"] = "openssl\t3.5.9-1~deb13u1\tii \n";
    };
    const auto outcome = run();
    ASSERT_TRUE(outcome) << render(outcome.error());
    EXPECT_FALSE(outcome->broken);
    EXPECT_FALSE(in_between) << "a power cut must not start what is half upgraded";
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kWork, kProve, kSync})) << "what boots next is proven already";
    EXPECT_TRUE(outcome->on_trial);
    EXPECT_EQ(outcome->back, "older");
    EXPECT_TRUE(waits());
}

TEST_F(OnceMore, WithNothingToDoOrAFailureLeavesWhatWasOnTrial) {
    auto outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->broken);
    EXPECT_EQ(machine.ran, (Lines{kSnapshot, kClone, kWork, kSync, kDropClone, kDropSnapshot}));
    EXPECT_TRUE(waits());
    exit_code = 100;
    outcome = run();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->broken->details[0], "no package was changed, and the system boots as before");
    EXPECT_TRUE(waits());
    upgrade_changes_packages();
    outcome = run();
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->broken);
    EXPECT_EQ(outcome->broken->details.back(),
              "the next boot is put back: older boots, as default was before the upgrade");
    EXPECT_FALSE(waits()) << "what is broken is not tried";
}

TEST_F(OnceMore, IsNotStagedAndDoesNotStay) {
    EXPECT_EQ(run(true).error().code, ExitCode::refused);
    EXPECT_TRUE(waits());
    auto with = host();
    const auto prepared = prepare(with, false);
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(prepared->untried);
    EXPECT_EQ(expect_tried(*prepared, "--staged").error().code, ExitCode::refused);
    // Tried once and not kept yet: the check of this start goes on.
    const boot::Trial record{9, 77, "rpool/ROOT/default", 2, 3, false};
    files.entries[std::string("/boot/efi/") + boot::kTrialSlots[0]] = {boot::to_slot(record)};
    EXPECT_EQ(prepare(with, false).error().code, ExitCode::refused);
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
