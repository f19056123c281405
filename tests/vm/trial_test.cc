// SPDX-License-Identifier: BSD-3-Clause
// Boot environments that do not prove themselves: the machine comes back by itself.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include "base/text.h"
#include "initramfs/cpio_writer.h"
#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDefault = "rpool/ROOT/default";

class Trials : public ToolsMachine {
protected:
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(set_up("debian-13-server-tools", [](GuestOptions& options, const std::string&) {
            options.extra = {"-global", "ICH9-LPC.noreboot=false", "-action", "watchdog=reset"};  // Intel's own
            return Status{};
        }));
        ASSERT_NO_FATAL_FAILURE(boot());
    }
    /// After a restart by itself.
    void wait_for_system() { KLD_ASSERT_OK(guest->wait_for_ssh()); }
    /// A boot environment `name`, mounted on /run/kldload/be/NAME while `change` is done there.
    void make(const std::string& name, const std::string& change) {
        answer(shell,
               fmt::format("set -e; kbe create {0}; kbe mount {0}; cd /run/kldload/be/{0}\n{1}\ncd /; kbe unmount {0}",
                           name, change));
    }
    void try_it(const std::string& name, unsigned tries) {
        const auto said =
            answer(shell, fmt::format("kbe activate --trial --tries {} --force-unverified {}", tries, name));
        EXPECT_NE(said.find("is on trial"), std::string::npos) << said;
        EXPECT_EQ(answer(shell, "kbe list -H | awk '$1 == \"" + name + "\" {print $2}'"), "T");
        // The machine restarts by itself from now on: the console goes on.
        [[maybe_unused]] const auto gone = guest->ssh().run("sudo systemctl reboot");
    }
    void expect_on_console(const std::string& text, std::chrono::seconds limit = 900s) {
        KLD_ASSERT_OK(guest->console().expect(vm::text(text), limit));
    }
    /// The menu tries it as often as it may, and then boots the default, which still is one.
    /// @param from  which try is to be seen next
    void expect_back_after(const std::string& name, unsigned tries, unsigned from = 1) {
        for (unsigned i = from; i <= tries; ++i) {
            SCOPED_TRACE(fmt::format("try {} of {}", i, tries));
            ASSERT_NO_FATAL_FAILURE(expect_on_console(fmt::format("[trial {} of {}]", i, tries)));
            ASSERT_NO_FATAL_FAILURE(expect_on_console("Booting rpool/ROOT/" + name + " with "));
        }
        ASSERT_NO_FATAL_FAILURE(
            expect_on_console(fmt::format("rpool/ROOT/{} did not prove itself in {} tries", name, tries)));
        ASSERT_NO_FATAL_FAILURE(expect_on_console("Booting rpool/ROOT/default with "));
        ASSERT_NO_FATAL_FAILURE(wait_for_system());
        expect_healthy(shell, kDefault);
        EXPECT_EQ(answer(shell, "zpool get -H -o value bootfs rpool"), kDefault);
        EXPECT_EQ(answer(shell, "kbe activate -T; kbe list -H | cut -f2 | sort -u | tr '\\n' ' '"),
                  "rpool/ROOT/" + name + " is not tried any more\n- NR");
    }
};

TEST_F(Trials, AKernelThatPanicsIsTriedThreeTimes) {
    // What the kernel starts first is not there: it panics.
    ASSERT_NO_FATAL_FAILURE(make("panics",
                                 "zfs set org.zfsbootmenu:commandline='console=ttyS0 rw init=/no/such/init "
                                 "rdinit=/no/such/init' rpool/ROOT/panics"));
    ASSERT_NO_FATAL_FAILURE(try_it("panics", 3));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("panics", 3));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Trials, AnInitramfsThatFailsGivesWay) {
    // Behind its initramfs, where it wins: a script that cannot mount any root.
    const auto archive =
        initramfs::make_archive({{.path = "scripts/zfs", .content = "mountroot() { panic 'this root is broken'; }\n"}});
    KLD_ASSERT_OK(archive);
    KLD_ASSERT_OK(files.write(directory->path() + "/broken.cpio", *archive));
    KLD_ASSERT_OK(guest->ssh().copy_to(directory->path() + "/broken.cpio", "/home/admin/broken.cpio"));
    ASSERT_NO_FATAL_FAILURE(make("broken",
                                 "for i in boot/initrd.img-*; do truncate -s %512 $i; cat /home/admin/broken.cpio "
                                 ">>$i; done"));
    ASSERT_NO_FATAL_FAILURE(try_it("broken", 3));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("broken", 3));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

/// In the environment that is mounted: the timer of the trial goes off two minutes after the start.
const std::string kSoon =
    "mkdir -p etc/systemd/system/kldload-trial-timeout.timer.d\n"
    "printf '[Timer]\\nOnBootSec=\\nOnBootSec=2min\\n' > etc/systemd/system/kldload-trial-timeout.timer.d/soon.conf\n";

TEST_F(Trials, AUserlandThatNeverArrivesGivesWay) {
    ASSERT_NO_FATAL_FAILURE(make(
        "stuck", kSoon +
                     "printf '[Unit]\\nBefore=multi-user.target\\n[Service]\\nType=oneshot\\nExecStart=/usr/bin/sleep "
                     "infinity\\nTimeoutStartSec=infinity\\n' > etc/systemd/system/stuck.service\n"
                     "mkdir -p etc/systemd/system/multi-user.target.wants\n"
                     "ln -s ../stuck.service etc/systemd/system/multi-user.target.wants/stuck.service"));
    ASSERT_NO_FATAL_FAILURE(try_it("stuck", 3));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("stuck", 3));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Trials, AnEmergencyShellGivesWay) {
    ASSERT_NO_FATAL_FAILURE(make(
        "shell", kSoon + "echo 'UUID=no-such-disk /data ext4 defaults,x-systemd.device-timeout=5s 0 2' >> etc/fstab"));
    ASSERT_NO_FATAL_FAILURE(try_it("shell", 1));
    ASSERT_NO_FATAL_FAILURE(expect_on_console("[trial 1 of 1]"));
    ASSERT_NO_FATAL_FAILURE(expect_on_console("emergency mode"));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("shell", 1, 2));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Trials, AHangIsEndedByTheWatchdog) {
    // Real-time loops on all processors: nothing else runs any more, not even the timer of the trial.
    ASSERT_NO_FATAL_FAILURE(
        make("hangs",
             "printf '[Unit]\\nBefore=multi-user.target\\n[Service]\\nType=oneshot\\nExecStart=/usr/local/sbin/hang\\n"
             "TimeoutStartSec=infinity\\n' > etc/systemd/system/hang.service\n"
             "mkdir -p etc/systemd/system/multi-user.target.wants\n"
             "ln -s ../hang.service etc/systemd/system/multi-user.target.wants/hang.service\n"
             "cat > usr/local/sbin/hang <<'END'\n"
             "#!/bin/sh\n"
             "until [ \"$(cat /sys/class/watchdog/watchdog0/state)\" = active ]; do sleep 1; done\n"
             "echo \"armed: $(cat /sys/class/watchdog/watchdog0/timeout) s\" > /dev/console\n"
             "echo -1 > /proc/sys/kernel/sched_rt_runtime_us\n"
             // Since Linux 6.12 that alone leaves ordinary programs a twentieth of the time.
             "for i in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do [ ! -e $i ] || echo 0 > $i; done\n"
             "for i in $(seq $(nproc)); do chrt -f 99 sh -c 'while :; do :; done' & done\n"
             "wait\n"
             "END\n"
             "chmod +x usr/local/sbin/hang"));
    ASSERT_NO_FATAL_FAILURE(try_it("hangs", 3));
    ASSERT_NO_FATAL_FAILURE(expect_on_console("[trial 1 of 3]"));
    ASSERT_NO_FATAL_FAILURE(expect_on_console("armed: 60 s"));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("hangs", 3, 2));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Trials, OneThatProvesItselfIsKeptAndAFailedCheckIsNot) {
    ASSERT_NO_FATAL_FAILURE(make("picky",
                                 "mkdir -p etc/kldload/boot-checks.d\n"
                                 "printf '#!/bin/sh\\necho not today >&2\\nexit 1\\n' > "
                                 "etc/kldload/boot-checks.d/mine; chmod +x etc/kldload/boot-checks.d/mine"));
    ASSERT_NO_FATAL_FAILURE(try_it("picky", 1));
    ASSERT_NO_FATAL_FAILURE(expect_back_after("picky", 1));

    SCOPED_TRACE("one that is as it should be");
    ASSERT_NO_FATAL_FAILURE(make("good", "true"));
    ASSERT_NO_FATAL_FAILURE(try_it("good", 3));
    ASSERT_NO_FATAL_FAILURE(expect_on_console("[trial 1 of 3]"));
    ASSERT_NO_FATAL_FAILURE(wait_for_system());
    expect_healthy(shell, "rpool/ROOT/good");
    // The unit comes after all others: it may still be at work.
    EXPECT_EQ(answer(shell,
                     "for i in $(seq 60); do systemctl is-active -q kldload-trial.service && break; sleep 2; done; "
                     "zpool get -H -o value bootfs rpool; systemctl is-active kldload-trial-timeout.timer || true"),
              "rpool/ROOT/good\ninactive");
    EXPECT_EQ(answer(shell, "kbe list -H | awk '$1 == \"good\" {print $2}'"), "NR");

    SCOPED_TRACE("for one boot");
    EXPECT_NE(answer(shell, "kbe activate -t default").find("the one after that rpool/ROOT/good again"),
              std::string::npos);
    [[maybe_unused]] const auto gone = guest->ssh().run("sudo systemctl reboot");
    ASSERT_NO_FATAL_FAILURE(expect_on_console("[this once]"));
    ASSERT_NO_FATAL_FAILURE(wait_for_system());
    expect_healthy(shell, kDefault);
    EXPECT_EQ(answer(shell, "zpool get -H -o value bootfs rpool"), "rpool/ROOT/good");
    [[maybe_unused]] const auto again = guest->ssh().run("sudo systemctl reboot");
    ASSERT_NO_FATAL_FAILURE(expect_on_console("Booting rpool/ROOT/good with "));
    ASSERT_NO_FATAL_FAILURE(wait_for_system());
    expect_healthy(shell, "rpool/ROOT/good");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
