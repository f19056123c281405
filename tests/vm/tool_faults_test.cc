// SPDX-License-Identifier: BSD-3-Clause
// The k* commands when something is in the way: each says what, changes nothing, and works once it is gone.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class ToolFaults : public ToolsMachine {
protected:
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(ToolsMachine::SetUp());
        ASSERT_NO_FATAL_FAILURE(boot());
        ASSERT_NO_FATAL_FAILURE(send("harmless", "1", "exit 0\n"));
    }
    std::string datasets() {
        return answer(shell, "zfs list -H -o name -t all; zpool get -H -o value bootfs rpool; kbe list -H | cut -f1-2");
    }
    /// The command fails with this exit code and this text, and no dataset, snapshot or next boot is another one.
    void expect_refused(const std::string& command, const std::string& text, const std::string& code) {
        const auto before = datasets();
        const auto told = said(command);
        EXPECT_NE(told.find(text), std::string::npos) << command << "\n" << told;
        EXPECT_NE(told.find("exit " + code), std::string::npos) << command << "\n" << told;
        EXPECT_EQ(datasets(), before) << command;
    }
    void expect_works(const std::string& command) {
        const auto told = said(command);
        EXPECT_EQ(told.find("exit "), std::string::npos) << command << "\n" << told;
    }
};

TEST_F(ToolFaults, AFullPool) {
    answer(shell,
           "zfs create -o compression=off rpool/srv/filler; dd if=/dev/urandom of=/srv/filler/most bs=1M "
           "2>/dev/null || true; dd if=/dev/urandom of=/srv/filler/rest bs=4k 2>/dev/null || true; sync; "
           "zpool sync rpool");
    for (const auto* command : {"kbe create k", "ksnap create s /srv"}) expect_refused(command, "out of space", "1");
    expect_refused("kdir /srv/x", "No space left on device", "1");
    expect_refused("cd /home/admin; kpkg install ./harmless.deb", "out of space", "1");
    EXPECT_EQ(answer(shell, "dpkg -s harmless >/dev/null 2>&1 || echo none"), "none") << "no snapshot, no transaction";
    expect_refused("kupgrade --yes", "needs 512.0 MiB", "3");
    EXPECT_EQ(answer(shell, "ls /srv"), "filler");
    // What says how things are still does.
    EXPECT_NE(said("kst").find("rpool"), std::string::npos);
    expect_works("kbe list");

    answer(shell, "zfs destroy rpool/srv/filler; zpool sync rpool; zpool wait -t free rpool");
    expect_works("kbe create k");
    expect_works("kbe destroy -o k");
    expect_works("ksnap create s /srv");
    expect_works("cd /home/admin; kpkg install ./harmless.deb");
    expect_healthy(shell, kDefault);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(ToolFaults, ASnapshotThatIsRefusedAndOtherCommandsAtWork) {
    // A zfs that makes no snapshots, in front of the real one.
    answer(shell,
           "mkdir /root/bin; printf '#!/bin/sh\\ncase $1 in snapshot | snap) echo \"cannot create snapshot: "
           "permission denied\" >&2; exit 1 ;; esac\\nexec '$(command -v zfs)' \"$@\"\\n' > /root/bin/zfs; "
           "chmod +x /root/bin/zfs");
    const std::string without = "export PATH=/root/bin:$PATH; cd /home/admin; ";
    for (const auto* command :
         {"kpkg install ./harmless.deb", "kbe create k", "ksnap create s", "kclone /srv /srv-copy"})
        expect_refused(without + command, "permission denied", "1");
    EXPECT_EQ(answer(shell, "dpkg -s harmless >/dev/null 2>&1 || echo none"), "none");
    // By the hook, for who calls apt by himself.
    answer(shell, "kpkg hooks on");
    expect_refused(without + "apt-get -q -y install ./harmless.deb", "permission denied", "100");
    EXPECT_EQ(answer(shell, "dpkg -s harmless >/dev/null 2>&1 || echo none"), "none");
    answer(shell, "kpkg hooks off");

    {
        SCOPED_TRACE("another change of the pool is under way");
        answer(shell, "nohup flock /run/kldload/pool.rpool.lock sleep 10000 >/dev/null 2>&1 & sleep 1");
        for (const auto* command :
             {"kbe create k", "kbe activate default", "ksnap create s", "ksnap rollback --yes /srv@s",
              "kpkg install /home/admin/harmless.deb", "kdir /srv/x", "kupgrade --yes", "kexport raw -o /srv/copy.raw"})
            expect_refused(command, "another change of the pool rpool is under way", "3");
        answer(shell, "pkill -f '[s]leep 10000'");
    }
    {
        SCOPED_TRACE("another package manager is at work");
        // dpkg's lock is one of fcntl(2), which flock(1) does not take.
        answer(shell,
               "echo 'DPkg::Lock::Timeout \"1\";' > /etc/apt/apt.conf.d/99lock; nohup python3 -c 'import fcntl, time; "
               "f = open(\"/var/lib/dpkg/lock-frontend\", \"w\"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(10001)' "
               ">/dev/null 2>&1 & sleep 3");
        // A manager that failed may have changed files: its snapshot stays, and the log says so.
        const auto told = said("kpkg install /home/admin/harmless.deb");
        EXPECT_NE(told.find("Could not get lock"), std::string::npos) << told;
        EXPECT_NE(told.find("exit 1"), std::string::npos) << told;
        EXPECT_EQ(
            answer(shell, "kpkg history -H | cut -f4 | sort -u; zfs list -H -t snapshot -o name | grep -c @kpkg-"),
            "failed\n1");
        EXPECT_EQ(answer(shell, "dpkg -s harmless >/dev/null 2>&1 || echo none"), "none");
        answer(shell, "pkill -f '[t]ime.sleep.10001'");
    }
    expect_works("kpkg install /home/admin/harmless.deb");
    expect_works("kbe create k");
    // Two at the same moment: one of them does it, the other one says why not, or both in turn.
    answer(shell, "(kbe create one & kbe create two & wait) 2>/dev/null || true");
    const auto made = answer(shell, "kbe list -H | cut -f1 | grep -c -e one -e two");
    EXPECT_TRUE(made == "1" || made == "2") << made;
    expect_healthy(shell, kDefault);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(ToolFaults, NamesWithBlanksAndOthers) {
    answer(shell, "kdir '/srv/my data'; echo one > '/srv/my data/a file'; ksnap create 'before it' '/srv/my data'");
    answer(
        shell,
        "echo two > '/srv/my data/a file'; ksnap restore --overwrite '/srv/my data@before it' '/srv/my data/a file'");
    EXPECT_EQ(answer(shell, "cat '/srv/my data/a file'"), "one");
    answer(shell, "ksnap rollback --yes '/srv/my data@before it'; kclone '/srv/my data' '/srv/its copy'");
    EXPECT_EQ(answer(shell, "cat '/srv/its copy/a file'; zfs list -H -o name 'rpool/srv/its copy'"),
              "one\nrpool/srv/its copy");
    EXPECT_NE(answer(shell, "kdf -H").find("rpool/srv/its copy\t/srv/its copy\t"), std::string::npos);
    answer(shell, "kst --json | python3 -c 'import json, sys; json.load(sys.stdin)'");
    answer(shell, "ksnap list --json | python3 -c 'import json, sys; json.load(sys.stdin)'");
    for (const auto* name : {"'next one'", "'a/b'", "'a@'", "''", "'-x'", "'ä'", "'a%b'"})
        EXPECT_NE(said(fmt::format("kbe create {}", name)).find("exit 2"), std::string::npos) << name;
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

/// Another machine's disk in this one: its pool has the same name.
class ForeignPool : public ToolsMachine {
protected:
    void SetUp() override {
        set_up("debian-13-server-tools", [](GuestOptions& options, const std::string&) -> Status {
            KLD_TRY(const auto other, test_image("debian-13-core"));
            options.more_drives.push_back({.path = other.image, .serial = "other"});
            return {};
        });
    }
};

TEST_F(ForeignPool, IsLeftAlone) {
    ASSERT_NO_FATAL_FAILURE(boot());
    // OpenZFS imports all pools there are, and calls it a failure of the unit that one is another machine's.
    EXPECT_EQ(
        answer(shell,
               "systemctl is-system-running --wait >/dev/null; systemctl --failed --plain --no-legend | cut -d' ' -f1; "
               "findmnt -n -o SOURCE /"),
        std::string("zfs-import-scan.service\n") + kDefault);
    const auto ours = answer(shell, "zpool get -H -o value guid rpool");
    EXPECT_NE(answer(shell, "zpool import").find("pool: rpool"), std::string::npos) << "the other one is there";
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1-2; kbe create k >/dev/null; kbe list -H | cut -f1 | tr '\\n' ' '"),
              "default\tNR\ndefault k");
    answer(shell, "kbe activate k");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_EQ(answer(shell, "findmnt -n -o SOURCE /; zpool get -H -o value guid rpool"), "rpool/ROOT/k\n" + ours);

    SCOPED_TRACE("imported beside ours under another name");
    answer(shell, "zpool import -N -t -o readonly=on $(zpool import | sed -n 's/^ *id: //p') other");
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1 | tr '\\n' ' '"), "default k");
    EXPECT_EQ(answer(shell, "kbe list -H --pool other | cut -f1"), "default");
    for (const auto& [command, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"kbe create --pool other -e default k", {"read-only", "exit 1"}},
             {"kbe create --pool nothing -e default k", {"nothing", "exit "}}}) {
        const auto told = said(command);
        for (const auto& word : words) EXPECT_NE(told.find(word), std::string::npos) << command << "\n" << told;
    }
    EXPECT_EQ(answer(shell, "zfs list -H -o name -r other/ROOT"), "other/ROOT\nother/ROOT/default");
    const auto status = said("kst");
    EXPECT_NE(status.find("rpool"), std::string::npos) << status;
    EXPECT_NE(status.find("other"), std::string::npos) << status;
    answer(shell, "zpool export other");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(ToolFaults, TenThousandSnapshots) {
    // A dataset can have one snapshot in a transaction of the pool: a hundred datasets have them a hundred times
    // faster.
    KLD_ASSERT_OK(guest->ssh().check(
        "sudo sh -ec 'zfs create -o canmount=off rpool/srv/many; for i in $(seq 99); do zfs create -o canmount=off "
        "rpool/srv/many/$i; done; for i in $(seq 100); do zfs snapshot -r rpool/srv/many@s$i; done'",
        std::chrono::minutes(30)));
    EXPECT_EQ(answer(shell, "ksnap list -H -r rpool/srv/many | wc -l"), "10000");
    const auto status = nlohmann::json::parse(answer(shell, "kst --json"), nullptr, false);
    ASSERT_FALSE(status.is_discarded());
    EXPECT_GE(status["pools"][0]["snapshots"]["count"].get<int>(), 10000);
    expect_works("ksnap create mine /srv");
    expect_works("kbe create k");
    expect_works("cd /home/admin; kpkg install ./harmless.deb");
    expect_refused("ksnap create s50 rpool/srv/many", "there is already a snapshot", "3");
    expect_works("ksnap destroy 'rpool/srv/many/7@s1*'");
    EXPECT_EQ(answer(shell, "ksnap list -H rpool/srv/many/7 | wc -l"), "88");
    expect_works("ksnap prune --keep 0");
    EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -r -o name rpool/srv/many | wc -l"), "9988")
        << "nobody's but ours";
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
