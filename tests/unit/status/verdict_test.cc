// SPDX-License-Identifier: BSD-3-Clause
// One thing is taken away from a machine that is well, and exactly that is named.
#include "status/verdict.h"

#include <gtest/gtest.h>

#include "samples.h"
#include "status/pool_status.h"
#include "status/words.h"

namespace kld::status::test {
namespace {

class OneFault : public ::testing::Test {
protected:
    State state = healthy_state();
    Pool& pool() { return state.pools->at(0); }
    void expect_wrong(const std::string& line) const {
        const auto judged = verdict(state);
        EXPECT_EQ(judged.wrong, std::vector<std::string>{line});
        EXPECT_EQ(judged.exit_code(), ExitCode::failed);
    }
    void expect_notice(const std::string& line) const { expect_notices({line}); }
    void expect_notices(const std::vector<std::string>& all) const {
        const auto judged = verdict(state);
        EXPECT_EQ(judged.notices, all);
        EXPECT_EQ(judged.exit_code(), ExitCode::done);
    }
};

TEST_F(OneFault, NoneIsNone) {
    const auto judged = verdict(state);
    EXPECT_TRUE(judged.wrong.empty());
    EXPECT_TRUE(judged.unknown.empty());
    EXPECT_TRUE(judged.notices.empty());
    EXPECT_EQ(judged.exit_code(), ExitCode::done);
}

TEST_F(OneFault, StateOfThePool) {
    pool().health->state = "DEGRADED";
    expect_wrong("pool rpool: DEGRADED");
}

TEST_F(OneFault, ErrorsOfDevices) {
    pool().health->errors.checksum = 1;
    expect_wrong("pool rpool: 1 checksum error; zpool status rpool shows which device, zpool clear forgets them");
}

TEST_F(OneFault, DataErrors) {
    pool().health->data_errors = 2;
    expect_wrong("pool rpool: 2 data errors; zpool status -v rpool names the files");
}

TEST_F(OneFault, DataErrorsThatNobodyKnows) {
    pool().health->data_errors.reset();
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::unknown);
}

TEST_F(OneFault, AScrubThatFoundErrors) {
    pool().health->scan->errors = 1;
    expect_wrong("pool rpool: the last scrub found 1 error");
}

TEST_F(OneFault, AMessageWithANumberIsAFaultAndAdviceIsNone) {
    pool().health->status = "Mismatch between pool hostid and system hostid on imported pool.";
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::done);
    pool().health->see = "https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-EY";
    expect_wrong(
        "pool rpool: Mismatch between pool hostid and system hostid on imported pool. "
        "(https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-EY)");
}

TEST_F(OneFault, LessThanATwentiethFree) {
    pool().space->size = 1000;
    pool().space->free = 50;
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::done);
    pool().space->free = 49;
    expect_wrong("pool rpool: 49 B of 1000 B are free; kst --space shows what holds it");
}

TEST_F(OneFault, AServiceThatFailed) {
    state.failed_services = std::vector<std::string>{"nginx.service"};
    expect_wrong("1 service failed: nginx.service");
}

TEST_F(OneFault, TheBootChainByItsRows) {
    const auto row = [](check::Status status) {
        return check::Finding{"B09", "pool cache file", status, "", "", "it lists another pool"};
    };
    state.check = check::Report{"/", "running system", {row(check::Status::pass), row(check::Status::fail)}};
    expect_wrong("boot chain: B09 pool cache file: it lists another pool");
    state.check->findings[1].status = check::Status::unknown;
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::unknown);
    state.check->findings[1].status = check::Status::warn;
    expect_notice("boot chain: B09 pool cache file: it lists another pool");
}

TEST_F(OneFault, WhatCouldNotBeRead) {
    state.unread.push_back({"snapshots: zfs failed", {"zfs list → exit 1", "out of memory"}});
    const auto judged = verdict(state);
    EXPECT_EQ(judged.unknown, std::vector<std::string>{"snapshots: zfs failed: out of memory"});
    EXPECT_EQ(judged.exit_code(), ExitCode::unknown);
    state.failed_services->push_back("a.service");  // what is known to be wrong comes first
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::failed);
}

TEST_F(OneFault, NoPoolAtAll) {
    state.pools->clear();
    EXPECT_EQ(verdict(state).unknown, std::vector<std::string>{"no pool is imported"});
}

TEST_F(OneFault, AnotherEnvironmentBootsNext) {
    state.boot->next = "rpool/ROOT/before-upgrade";
    expect_notice("reboot pending: rpool/ROOT/before-upgrade boots next");
}

TEST_F(OneFault, AnotherKernelBootsNext) {
    state.boot->next_kernel = "6.12.110+deb13-amd64";
    expect_notice("reboot pending: Linux 6.12.110+deb13-amd64 boots next");
}

TEST_F(OneFault, APackageWantsAReboot) {
    state.reboot_required = "libc6";
    expect_notice("reboot pending: libc6 asked for it");
}

TEST_F(OneFault, AnEnvironmentIsOnTrialOrFailedOne) {
    state.boot->trial = boot::Trial{.dataset = "rpool/ROOT/new", .left = 3, .allowed = 3};
    expect_notices({"rpool/ROOT/new is on trial, 3 of 3 tries are left", "reboot pending: rpool/ROOT/new boots next"});
    state.boot->trial->left = 0;
    expect_notice("rpool/ROOT/new did not prove itself in 3 tries");
    state.boot->running = state.boot->next = "rpool/ROOT/new";
    expect_notice("rpool/ROOT/new is on trial, 0 of 3 tries are left");
    state.boot->trial->once = true;
    expect_notice("rpool/ROOT/new boots this once");
    state.boot->trial->left = 1;
    expect_notice("rpool/ROOT/new boots next, this once");
}

TEST_F(OneFault, AnEnvironmentThatRunsOnTrialBootsAgainWhileTriesAreLeft) {
    state.boot->running = "rpool/ROOT/new";
    state.boot->trial = boot::Trial{.dataset = "rpool/ROOT/new", .left = 1, .allowed = 2};
    expect_notice("rpool/ROOT/new is on trial, 1 of 2 tries are left");
    state.boot->trial->left = 0;
    expect_notices(
        {"rpool/ROOT/new is on trial, 0 of 2 tries are left", "reboot pending: rpool/ROOT/default boots next"});
}

TEST_F(OneFault, NothingSaysWhatBootsNext) {
    state.boot->next.clear();
    expect_notice("pool rpool: bootfs is not set: kbe activate NAME");
}

TEST_F(OneFault, AScrubThatIsOldOrNeverWas) {
    pool().health->scan->time = kNow - kScrubIsOld;
    EXPECT_TRUE(verdict(state).notices.empty());
    pool().health->scan->time = kNow - kScrubIsOld - 1;
    expect_notice("pool rpool: last scrub 40 days ago: zpool scrub rpool");
    pool().health->scan.reset();
    expect_notice("pool rpool: never scrubbed: zpool scrub rpool");
}

TEST(Words, TheLargestUnitThatIsAtLeastOne) {
    EXPECT_EQ(duration(-5), "0 seconds");
    EXPECT_EQ(duration(59), "59 seconds");
    EXPECT_EQ(duration(60), "1 minute");
    EXPECT_EQ(duration(7199), "1 hour");
    EXPECT_EQ(duration(172800), "2 days");
}

}  // namespace
}  // namespace kld::status::test
