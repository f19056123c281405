// SPDX-License-Identifier: BSD-3-Clause
// What is asked before an upgrade touches anything: every guard, and that it is asked before.
#include "upgrade/prepare.h"

#include <fmt/core.h>

#include "boot/trial.h"
#include "check/report.h"
#include "machine.h"
#include "upgrade/hold.h"

namespace kld::upgrade::test {
namespace {

class Prepare : public Upgrades {
protected:
    Result<Prepared> run(bool refresh = true) {
        auto with = host();
        return prepare(with, refresh);
    }
    void expect_refused(const std::string& text) {
        const auto prepared = run();
        ASSERT_FALSE(prepared);
        EXPECT_EQ(prepared.error().code, ExitCode::refused);
        EXPECT_NE(prepared.error().message.find(text), std::string::npos) << render(prepared.error());
        for (const auto& line : machine.ran) EXPECT_FALSE(line.starts_with("terminal:")) << line;
        for (const auto& line : machine.ran)
            EXPECT_FALSE(line.starts_with("zfs ") || line.starts_with("zpool set")) << line;
    }
};

TEST_F(Prepare, ReadsChecksRefreshesSimulates) {
    const auto prepared = run();
    ASSERT_TRUE(prepared) << render(prepared.error());
    EXPECT_EQ(machine.ran,
              (Lines{"readlink -f /var/lib/dpkg", "prove running rpool/ROOT/default", "terminal: apt-get update",
                     shell_line(prepared->machine.manager->installed), "apt-get -s -q dist-upgrade"}));
    EXPECT_EQ(prepared->simulation.actions.size(), 5U);
    EXPECT_TRUE(prepared->holds.empty());
    EXPECT_EQ(prepared->base, "default");
    EXPECT_FALSE(files.exists(kPreferences));
}

TEST_F(Prepare, WithoutRefreshNothingRunsOnTheTerminal) {
    ASSERT_TRUE(run(false));
    for (const auto& line : machine.ran) EXPECT_FALSE(line.starts_with("terminal:")) << line;
}

TEST_F(Prepare, AKernelWithoutModulesIsLeftOutAndAskedAgain) {
    files.entries["/etc/apt/preferences"] = {"Package: mine\nPin: version *\nPin-Priority: 1\n"};
    machine.answers["apt-get -s"] = recorded("apt-kernel-alone.txt");
    machine.answers["apt-get -o Dir::Etc::preferences=/run/kldload/kupgrade.pref -s"] = recorded("apt-kernel-held.txt");
    const auto prepared = run();
    ASSERT_TRUE(prepared) << render(prepared.error());
    ASSERT_EQ(prepared->holds.size(), 1U);
    EXPECT_EQ(to_text(prepared->simulation), "  openssl 3.5.0-1 -> 3.5.9-1~deb13u1\n");
    EXPECT_TRUE(contains(events.told, "warning " + to_warning(prepared->holds[0])));
    EXPECT_EQ(files.entries.at(kPreferences).bytes,
              "Package: linux-image-6.12.118+deb13-amd64\nPin: version *\nPin-Priority: -1\n\n"
              "Package: mine\nPin: version *\nPin-Priority: 1\n");
    // It is told to every command of the run, and is gone after it.
    auto with = host();
    EXPECT_EQ(shell_line(command_of(with, *prepared, prepared->family.upgrade, "id").argv),
              "apt-get -o Dir::Etc::preferences=/run/kldload/kupgrade.pref dist-upgrade -y");
    { const PassingHolds holds(with); }
    EXPECT_FALSE(files.exists(kPreferences));
}

TEST_F(Prepare, AManagerThatInstallsTheKernelAllTheSame) {
    machine.answers["apt-get -s"] = machine.answers["apt-get -o"] = recorded("apt-kernel-alone.txt");
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::refused);
    EXPECT_NE(prepared.error().message.find("although it is told not to"), std::string::npos);
}

TEST_F(Prepare, CommandsLeaveTheSnapshotToUs) {
    const auto prepared = run();
    auto with = host();
    auto command = command_of(with, *prepared, prepared->family.upgrade, "pre-upgrade-1");
    EXPECT_TRUE(command.outlives_us);
    EXPECT_EQ(command.environment, Lines{"KLDLOAD_TRANSACTION=pre-upgrade-1"});
    EXPECT_EQ(command.stdout_fd, -1);
    with.can_answer = false;
    with.json = true;
    command = command_of(with, *prepared, prepared->family.upgrade, "pre-upgrade-1");
    EXPECT_EQ(command.stdout_fd, 2);
    EXPECT_EQ(command.environment.back(), "DEBIAN_FRONTEND=noninteractive");
    EXPECT_EQ(command.argv.back(), "Dpkg::Options::=--force-confold");
}

TEST_F(Prepare, RefusesADatabaseOutsideOfTheRoot) {
    files.entries["/proc/self/mountinfo"].bytes += "60 25 0:50 / /var/lib/dpkg rw - zfs rpool/dpkg rw\n";
    expect_refused("rpool/dpkg");
}

TEST_F(Prepare, RefusesWhenAnotherOneBootsNext) {
    machine.answers["zpool get -H -o value bootfs,altroot"] = "rpool/ROOT/other\n-\n";
    expect_refused("rpool/ROOT/other boots next");
}

TEST_F(Prepare, RefusesDuringATrial) {
    const boot::Trial trial{4, 77, "rpool/ROOT/other", 2, 3, false};
    files.entries[std::string("/boot/efi/") + boot::kTrialSlots[0]] = {boot::to_slot(trial)};
    expect_refused("rpool/ROOT/other is on trial");
}

TEST_F(Prepare, ATrialThatIsLostIsNoReason) {
    const boot::Trial trial{4, 77, "rpool/ROOT/other", 0, 3, false};
    files.entries[std::string("/boot/efi/") + boot::kTrialSlots[0]] = {boot::to_slot(trial)};
    EXPECT_TRUE(run());
}

TEST_F(Prepare, RefusesWithoutSpace) {
    machine.answers["zfs get -Hp -o value available"] = "536870911\n";
    expect_refused("and an upgrade with a way back needs 512.0 MiB");
}

TEST_F(Prepare, RefusesASystemThatWouldNotBootAsItIs) {
    proof = Proof{{"B08: there is no /etc/hostid"}, {}, {}};
    expect_refused("would not boot as it is");
}

TEST_F(Prepare, RefusesAnUpgradeThatRemovesZfs) {
    machine.answers["apt-get -s"] = recorded("apt-remove.txt");
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::refused);
}

TEST_F(Prepare, RefusesWhatCannotBeSimulated) {
    machine.fails = {"apt-get -s"};
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::refused);
    EXPECT_NE(prepared.error().message.find("could not be simulated"), std::string::npos);
    EXPECT_FALSE(prepared.error().hint.empty());
}

TEST_F(Prepare, RefusesASimulationThatIsNotUnderstood) {
    machine.answers["apt-get -s"] = "Inst openssl\n";
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::refused);
    EXPECT_NE(prepared.error().message.find("a line that is not understood"), std::string::npos);
}

TEST_F(Prepare, ListsThatCannotBeFetchedEndIt) {
    exit_code = 100;
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().message, "apt-get update failed with exit code 100");
    EXPECT_EQ(machine.ran.back(), "terminal: apt-get update");
}

TEST_F(Prepare, NamesDoNotGrow) {
    for (const auto* name : {"default-upgrade-20251127-035700", "default-pre-upgrade-20251127-035700-2",
                             "default-upgrade-20251127-035700-back-20251127-035700"}) {
        const std::string root = std::string("rpool/ROOT/") + name;
        files.entries["/proc/self/mountinfo"] = {"25 1 0:23 / / rw - zfs " + root + " rw\n"};
        machine.answers["zpool get -H -o value bootfs,altroot"] = root + "\n-\n";
        const auto prepared = run(false);
        ASSERT_TRUE(prepared) << render(prepared.error());
        EXPECT_EQ(prepared->base, "default") << name;
    }
}

TEST_F(Prepare, ANameThatWouldGetTooLongIsKnownBeforeAnythingIsFetched) {
    const auto root = "rpool/ROOT/" + std::string(230, 'x');
    files.entries["/proc/self/mountinfo"] = {"25 1 0:23 / / rw - zfs " + root + " rw\n"};
    machine.answers["zpool get -H -o value bootfs,altroot"] = root + "\n-\n";
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::usage);
    for (const auto& line : machine.ran) EXPECT_FALSE(line.starts_with("terminal:")) << line;
}

TEST_F(Prepare, KernelsWithoutModulesThatNeverEnd) {
    unsigned round = 0;
    machine.on_run = [&](const std::string& line) {
        if (line.find("dist-upgrade") == std::string::npos || line.find(" -s ") == std::string::npos) return;
        const auto next =
            replace_all(recorded("apt-kernel-alone.txt"), "6.12.118", fmt::format("6.12.{}", 200 + round++));
        machine.answers["apt-get -s"] = machine.answers["apt-get -o"] = next;
    };
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ExitCode::refused);
    EXPECT_NE(prepared.error().message.find("again and again"), std::string::npos) << render(prepared.error());
    EXPECT_EQ(round, 8U);
}

TEST_F(Prepare, WhatIsHeldMustBeWrittenDown) {
    machine.answers["apt-get -s"] = recorded("apt-kernel-alone.txt");
    files.broken[kPreferences] = Error{"no space left on device"};
    const auto prepared = run();
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().message, "no space left on device");
}

TEST(Losses, WhatASystemBootsWithStays) {
    for (const std::string package : {"zfs", "zfs-utils", "kmod-zfs", "zfsutils-linux", "zfs-dracut", "zfs-dkms"}) {
        const auto lost = refuse_losses({{{.package = package, .before = "1"}}});
        ASSERT_FALSE(lost) << package;
        EXPECT_EQ(lost.error().code, ExitCode::refused);
        EXPECT_NE(lost.error().message.find(package), std::string::npos);
        EXPECT_TRUE(refuse_losses({{{.package = package, .before = "1", .after = "2"}}})) << "it comes newer";
    }
    EXPECT_TRUE(refuse_losses({{{.package = "zfsnap", .before = "1"}}}));
}

TEST(Proofs, FailuresAndWhatCouldNotBeToldAreBroken) {
    const check::Report report{"/",
                               "running system",
                               {{"B01", "", check::Status::pass, {}, "6.12", "good"},
                                {"B02", "", check::Status::fail, {}, "6.12", "no zfs.ko", "make it again"},
                                {"B03", "", check::Status::warn, {}, "6.11", "no module of an old kernel"},
                                {"B33", "", check::Status::warn, {}, {}, "little is free"},
                                {"B25", "", check::Status::unknown, {}, {}, "no list of features"},
                                {"B26", "", check::Status::not_applicable, {}, {}, "no GRUB"}}};
    const auto proof = judge(report);
    EXPECT_EQ(proof.broken, (Lines{"B02: 6.12: no zfs.ko", "  make it again", "B25: no list of features"}));
    EXPECT_EQ(proof.noted, Lines{"B03: 6.11: no module of an old kernel"});
}

}  // namespace
}  // namespace kld::upgrade::test
