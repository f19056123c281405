// SPDX-License-Identifier: BSD-3-Clause
// Transactions of packages: what is run in which order, what is refused, what is written down.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "manager_of.h"
#include "packages/hook_run.h"
#include "support/fakes.h"

namespace kld::packages {
namespace {

constexpr const char* kMounts =
    "25 1 0:23 / / rw shared:1 - zfs rpool/ROOT/default rw\n"
    "40 25 0:35 / /var/log rw shared:23 - zfs rpool/var/log rw\n";

class Transactions : public testing::Test {
protected:
    void SetUp() override {
        files.entries["/proc/self/mountinfo"] = {kMounts};
        files.entries["/etc/os-release"] = {"ID=debian\n"};
        files.entries["/usr/bin/apt-get"] = {"program"};
        files.entries["/var/lib/dpkg/status"] = {"database"};
    }
    Result<Machine> machine(bool unprotected = false) {
        if (!unprotected) runner.expect({"readlink", "-f", "/var/lib/dpkg"}, "/var/lib/dpkg\n");
        return probe_machine(runner, files, unprotected);
    }
    void expect_installed(const std::string& packages) { runner.expect(manager_of("apt").installed, packages); }
    /// One is made that is not in `there`; its name has the moment in it.
    void expect_snapshot(int exit_code = 0, const std::string& said = {}) {
        runner.answer = [this, exit_code, said](const Command& command) -> std::optional<Result<Output>> {
            if (command.argv[0] != "zfs") return std::nullopt;
            if (command.argv[1] == "list") return Output{0, there, {}};
            if (command.argv[1] == "destroy") {
                destroyed = command.argv[2];
                return Output{};
            }
            const auto& wanted = command.argv.back();
            if (contains(lines(there), wanted))
                return fail(command_error(command, "exit 1", "cannot create snapshot: dataset already exists"));
            snapshot = wanted;
            if (exit_code == 0) return Output{};
            return fail(command_error(command, "exit " + std::to_string(exit_code), said));
        };
    }

    /// Answers zfs by a function, all else as a ReplayRunner.
    class ZfsRunner final : public Runner {
    public:
        void expect(std::vector<std::string> argv, std::string out = {}) {
            replay_.expect(std::move(argv), std::move(out));
        }
        Result<Output> run(const Command& command) override {
            if (answer)
                if (auto given = answer(command)) return *given;
            return replay_.run(command);
        }
        std::function<std::optional<Result<Output>>(const Command&)> answer;

    private:
        test::ReplayRunner replay_;
    };
    test::FakeFiles files;
    test::CaptureEvents events;
    ZfsRunner runner;
    std::string snapshot, destroyed, there;
};

TEST_F(Transactions, SnapshotThenWorkThenRecord) {
    const auto here = machine();
    ASSERT_TRUE(here) << render(here.error());
    expect_snapshot();
    expect_installed("acl:amd64\t2.3\tii \nnginx\t1.0\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "install", "nginx"}, false);
    ASSERT_TRUE(begun) << render(begun.error());
    EXPECT_TRUE(snapshot.starts_with("rpool/ROOT/default@kpkg-")) << snapshot;
    EXPECT_EQ(begun->record.snapshot, snapshot);
    ASSERT_EQ(read_log(files).size(), 1U);
    EXPECT_EQ(read_log(files)[0].result, "begun") << "should we be killed now";

    expect_installed("acl:amd64\t2.3\tii \nnginx\t1.1\tii \nzlib\t1\tiU \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
    ASSERT_TRUE(record);
    ASSERT_EQ(record->changes.size(), 2U);
    EXPECT_EQ(record->changes[0].package, "nginx");
    EXPECT_EQ(record->changes[0].before, "1.0");
    EXPECT_EQ(record->changes[0].after, "1.1");
    EXPECT_EQ(record->changes[1].before, std::nullopt);
    EXPECT_EQ(record->changes[1].after, "1 (iU)") << "not configured";
    const auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].result, "failed") << "half of it";
    EXPECT_EQ(log[0].argv, (std::vector<std::string>{"kpkg", "install", "nginx"}));
    EXPECT_EQ(log[0].changes.size(), 2U);
    EXPECT_EQ(destroyed, "");
}

TEST_F(Transactions, WithoutASnapshotNothingIsStarted) {
    const auto here = machine();
    expect_snapshot(1, "cannot create snapshot: out of space");
    expect_installed("acl\t1\tii \n");
    const auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    ASSERT_FALSE(begun);
    EXPECT_TRUE(begun.error().message.starts_with("no snapshot of rpool/ROOT/default could be taken"))
        << begun.error().message;
    EXPECT_EQ(begun.error().details.back(), "the package manager was not started; nothing changed");
    EXPECT_NE(begun.error().hint.find("--force-no-snapshot"), std::string::npos);
    EXPECT_TRUE(read_log(files).empty());
}

TEST_F(Transactions, WhereHooksWouldRefuseEachRunTheyAreNotSwitchedOn) {
    EXPECT_TRUE(machine());
    files.entries["/proc/self/mountinfo"] = {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"};
    const auto refused = probe_for_hooks(runner, files);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("the root file system is not ZFS"), std::string::npos);
    EXPECT_NE(refused.error().hint.find("kpkg hooks off"), std::string::npos) << "apt has no --force-no-snapshot";
}

TEST_F(Transactions, ASecondOneWithinASecondHasAnotherName) {
    const auto here = machine();
    constexpr std::time_t kMoment = 1'795'000'000;
    expect_snapshot();
    const auto first = take_snapshot(runner, "rpool/ROOT/default", {}, kMoment);
    ASSERT_TRUE(first) << render(first.error());
    EXPECT_EQ(*first, "rpool/ROOT/default@kpkg-20261118-110640");
    there = *first + "\n" + *first + "-2\n";
    const auto third = take_snapshot(runner, "rpool/ROOT/default", {}, kMoment);
    ASSERT_TRUE(third) << render(third.error());
    EXPECT_EQ(*third, *first + "-3");
    EXPECT_EQ(snapshot, *third);
}

TEST_F(Transactions, WithoutAListOfPackagesNothingIsStartedAndNoSnapshotStays) {
    const auto here = machine();
    expect_snapshot();
    const auto zfs = runner.answer;
    runner.answer = [zfs](const Command& command) -> std::optional<Result<Output>> {
        if (command.argv[0] == "dpkg-query") return fail(command_error(command, "exit 2", "the database is damaged"));
        return zfs(command);
    };
    const auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().details.back(), "the database is damaged");
    EXPECT_NE(snapshot, "");
    EXPECT_EQ(destroyed, snapshot);
    EXPECT_TRUE(read_log(files).empty());
}

TEST_F(Transactions, WhatEndsWellAndLeavesPackagesHalfDoneHasFailed) {
    const auto here = machine();
    for (const auto* letters : {"iU ", "iF ", "iH ", "iHR", "iiR"}) {
        expect_snapshot();
        expect_installed("acl\t1\tii \n");
        auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
        ASSERT_TRUE(begun);
        expect_installed("acl\t2\t" + std::string(letters) + "\nnginx\t1\tii \n");
        const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->result, "failed") << letters;
        EXPECT_EQ(half_done(record->changes), std::vector<std::string>{"acl"});
    }
}

TEST_F(Transactions, ForcedOneHasNoSnapshot) {
    const auto here = machine(true);
    ASSERT_TRUE(here);
    expect_installed("acl\t1\tii \n");
    const auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, true);
    ASSERT_TRUE(begun) << render(begun.error());
    EXPECT_EQ(begun->record.snapshot, "");
    EXPECT_TRUE(begun->record.id.starts_with("kpkg-"));
}

TEST_F(Transactions, WhatChangedNothingDropsItsSnapshot) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    expect_installed("acl\t1\tii \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
    EXPECT_EQ(destroyed, snapshot);
    EXPECT_EQ(record->result, "nothing");
    EXPECT_EQ(record->snapshot, "");
}

TEST_F(Transactions, AFailureKeepsItsSnapshotWhateverTheDatabaseSays) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    expect_installed("acl\t1\tii \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 100);
    EXPECT_EQ(destroyed, "");
    EXPECT_EQ(record->result, "failed");
    EXPECT_EQ(record->exit_code, 100);
    EXPECT_EQ(record->snapshot, snapshot);
}

TEST_F(Transactions, TheDatabaseMustLieInTheRoot) {
    files.entries["/proc/self/mountinfo"] = {std::string(kMounts) +
                                             "41 25 0:36 / /var/lib/dpkg rw - zfs rpool/var/lib/dpkg rw\n"};
    const auto refused = machine();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("rpool/var/lib/dpkg"), std::string::npos) << refused.error().message;
}

TEST_F(Transactions, ARootThatIsNotZfsIsRefused) {
    files.entries["/proc/self/mountinfo"] = {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"};
    const auto refused = probe_machine(runner, files, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_TRUE(machine(true)) << "but for who wants no way back";
}

TEST_F(Transactions, OneRunOfAManagerHasOneSnapshot) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    // unattended-upgrades 2.12 reads apt's configuration twice, and then calls each hook twice.
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    const auto first = snapshot;
    for (int i = 0; i < 2; ++i) {
        expect_installed("acl\t2\tii \n");
        ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", false));
    }
    // Its second set.
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    expect_installed("acl\t2\tii \nnginx\t1\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", false));
    EXPECT_EQ(snapshot, first);
    auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].changes.size(), 2U);
    // Another run.
    expect_installed("acl\t2\tii \nnginx\t1\tii \n");
    snapshot.clear();
    ASSERT_TRUE(before_packages(*here, runner, files, events, "78-1300 apt-get"));
    EXPECT_NE(snapshot, "");
    // Whose call before was never seen: nothing is written down.
    const auto size = files.entries.at(kLog).bytes.size();
    ASSERT_TRUE(after_packages(*here, runner, files, events, "79-1400 apt-get", false));
    EXPECT_EQ(files.entries.at(kLog).bytes.size(), size);
}

TEST_F(Transactions, ARunThatFailedSaysSo) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    expect_installed("acl\t1\tii \nevil\t1\tiF \n");
    ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "failed") << "half configured";
    expect_installed("acl\t1\tii \nevil\t1\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "done") << "its next set mended that";
    expect_installed("acl\t1\trc \n");
    ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "done") << "removed";
    expect_installed("acl\t2\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, events, "77-1234 unattended-upgr", true));
    EXPECT_EQ(read_log(files)[0].result, "failed") << "the manager says so";
}

TEST_F(Transactions, AManagerThatLivesOnHasASnapshotForEachThingItDoes) {
    const auto here = machine();
    for (const auto* manager : {"77-1234 aptitude", "78-1300 packagekitd", "79-1400 dnf5daemon-serv"}) {
        SCOPED_TRACE(manager);
        for (const auto* version : {"2", "3"}) {
            expect_snapshot();
            expect_installed("acl\t1\tii \n");
            snapshot.clear();
            ASSERT_TRUE(before_packages(*here, runner, files, events, manager));
            EXPECT_NE(snapshot, "");
            expect_installed("acl\t" + std::string(version) + "\tii \n");
            ASSERT_TRUE(after_packages(*here, runner, files, events, manager, false));
        }
        EXPECT_EQ(read_log(files).back().changes.size(), 1U);
    }
}

// The manager ended between the two calls: another hook refused it.
TEST_F(Transactions, WhatAnEarlierRunLeftOpenIsClosedFirst) {
    const auto here = machine();
    for (const bool changed : {false, true}) {
        SCOPED_TRACE(changed);
        for (const auto* next : {"77-1234 aptitude", "78-1300 apt-get"}) {
            SCOPED_TRACE(next);
            files.entries.clear();
            SetUp();
            expect_snapshot();
            expect_installed("acl\t1\tii \n");
            ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 aptitude"));
            const auto first = snapshot;
            const auto now = "acl\t" + std::string(changed ? "2" : "1") + "\tii \n";
            expect_installed(now);
            there = first + "\n";
            expect_snapshot();
            expect_installed(now);
            snapshot.clear();
            ASSERT_TRUE(before_packages(*here, runner, files, events, next));
            EXPECT_NE(snapshot, "") << "each thing that somebody asks for has its own";
            const auto log = read_log(files);
            ASSERT_EQ(log.size(), 2U);
            EXPECT_EQ(log[0].result, changed ? "failed" : "nothing");
            EXPECT_EQ(log[0].snapshot.empty(), !changed) << "undo passes it over";
            EXPECT_EQ(destroyed, changed ? "" : first);
            there.clear();
            destroyed.clear();
        }
    }
}

TEST_F(Transactions, ALogThatCannotBeWrittenDoesNotFailTheManager) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 apt-get"));
    files.broken[kLog] = Error{"no space left on device"};
    expect_installed("acl\t2\tii \n");
    EXPECT_TRUE(after_packages(*here, runner, files, events, "77-1234 apt-get", false));
    EXPECT_EQ(events.told.back(), "warning the transaction is not in the log: no space left on device");
}

TEST_F(Transactions, AHookThatCannotTakeASnapshotEndsTheManager) {
    const auto here = machine();
    expect_snapshot(1, "out of space");
    expect_installed("acl\t1\tii \n");
    EXPECT_FALSE(before_packages(*here, runner, files, events, "77-1234 apt-get"));
    EXPECT_FALSE(files.exists(kHookState));
}

}  // namespace
}  // namespace kld::packages
