// SPDX-License-Identifier: BSD-3-Clause
// The k* commands on a booted machine: boot environments and packages, and what is left when they go.
#include <gtest/gtest.h>

#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Tools : public ToolsMachine {};

TEST_F(Tools, BootEnvironmentsFromMakingToDestroying) {
    ASSERT_NO_FATAL_FAILURE(boot());
    expect_healthy(shell, kDefault);
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1-3"), "default\tNR\t/");
    answer(shell, "zfs set 'org.example:note=two  words' rpool/ROOT/default");
    expect_said("kbe create next.one", "kbe activate next.one");
    EXPECT_EQ(answer(shell, "zfs get -H -o value,source mountpoint,canmount,org.example:note rpool/ROOT/next.one"),
              "/\tlocal\nnoauto\tlocal\ntwo  words\tlocal");
    expect_said("kbe create 'next one'", "exit 2");
    expect_said("kbe create next.one", "already a boot environment");
    expect_said("kbe create next.one", "exit 3");
    // What is changed in it is not changed here.
    answer(shell, "kbe mount next.one && echo changed > '/run/kldload/be/next.one/etc/which'");
    expect_said("kbe destroy next.one", "is mounted on /run/kldload/be/next.one");
    answer(shell, "kbe unmount next.one; test ! -e '/run/kldload/be/next.one'");
    EXPECT_EQ(answer(shell, "kbe run next.one -- cat /etc/which"), "changed");
    EXPECT_EQ(answer(shell, "kbe run next.one -- sh -c 'exit 7' || echo $?"), "7");
    EXPECT_EQ(answer(shell, "test -e /etc/which || echo none; findmnt | grep -c kldload-inside || true"), "none\n0");
    EXPECT_NE(answer(shell, "kbe diff next.one -H").find("next.one\t+\tF\t/etc/which"), std::string::npos);
    expect_said("kbe check next.one", " 0 failed, 0 unknown");
    expect_said("kbe activate next.one", "boots from now on");
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1-2"), "default\tN\nnext.one\tR");
    expect_said("kbe destroy next.one", "the one that boots next");

    ASSERT_NO_FATAL_FAILURE(reboot());
    expect_healthy(shell, "rpool/ROOT/next.one");
    EXPECT_EQ(answer(shell, "cat /etc/which"), "changed");
    expect_said("kbe rename next.one new", "");
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1-3"), "default\t-\t-\nnew\tNR\t/");
    // One that would not boot is not activated.
    answer(shell,
           "kbe mount default && mv /run/kldload/be/default/etc/hostid /run/kldload/be/default/root/ && "
           "kbe unmount default");
    expect_said("kbe activate default", "B08: there is no /etc/hostid");
    expect_said("kbe activate default", "exit 3");
    EXPECT_EQ(answer(shell, "zpool get -H -o value bootfs rpool"), "rpool/ROOT/new");
    // The other way round: what was cloned from it stays.
    expect_said("kbe destroy default", "");
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1; zfs get -H -o value origin rpool/ROOT/new"), "new\n-");
    answer(shell, "kbe export new > /srv/new.stream && kbe import copy < /srv/new.stream");
    expect_said("kbe check copy", " 0 failed, 0 unknown");
    EXPECT_EQ(answer(shell, "zfs get -H -o value mountpoint,canmount,org.example:note rpool/ROOT/copy"),
              "/\nnoauto\ntwo  words");
    EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -o name rpool/ROOT/new | grep -c export- || true"), "0");
    expect_said("kbe destroy -o copy", "");
    ASSERT_NO_FATAL_FAILURE(reboot());
    expect_healthy(shell, "rpool/ROOT/new");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Tools, PackagesWithAWayBack) {
    ASSERT_NO_FATAL_FAILURE(boot());
    ASSERT_NO_FATAL_FAILURE(send("harmless", "1", "exit 0\n"));
    const auto installed = said("cd /home/admin; kpkg install ./harmless.deb");
    EXPECT_NE(installed.find("harmless: (none) -> 1"), std::string::npos) << installed;
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f3-5"), "admin\tdone\t1");
    EXPECT_EQ(answer(shell,
                     "zfs list -H -t snapshot -o name,org.kldload:reason rpool/ROOT/default | grep -c "
                     "'default@kpkg-.*kpkg'"),
              "1");
    // Nothing to do: no snapshot, nothing in the history.
    answer(shell, "cd /home/admin; kpkg install ./harmless.deb");
    EXPECT_EQ(
        answer(shell, "kpkg history -H | wc -l; zfs list -H -t snapshot -o name rpool/ROOT/default | grep -c kpkg-"),
        "1\n1");
    // The native tool by itself, with the hooks on: unattended-upgrades and apt alike.
    ASSERT_NO_FATAL_FAILURE(send("other", "1", "exit 0\n"));
    answer(shell, "kpkg hooks on");
    EXPECT_EQ(answer(shell, "kpkg hooks"), "on");
    answer(shell, "cd /home/admin; apt-get -q -y install ./other.deb");
    EXPECT_EQ(answer(shell, "kpkg history -H | tail -n 1 | cut -f4-6"), "done\t1\tapt");
    answer(shell, "kpkg hooks off; test ! -e /etc/apt/apt.conf.d/80kldload-kpkg");

    // A failing one, and what it did before it failed.
    ASSERT_NO_FATAL_FAILURE(send("evil", "1", "rm -r /etc/ssh\nexit 1\n"));
    const auto failed = said("cd /home/admin; kpkg install ./evil.deb");
    EXPECT_NE(failed.find("failed with exit code 100"), std::string::npos) << failed;
    EXPECT_NE(failed.find("exit 1"), std::string::npos) << failed;
    EXPECT_EQ(answer(shell, "kpkg history -H | tail -n 1 | cut -f4"), "failed");

    SCOPED_TRACE("back");
    answer(shell, "for place in /home/admin /srv /var/log; do echo mine > $place/mine; done");
    expect_said("kpkg undo --dry-run", "zfs clone ");
    const auto undone = said("kpkg undo");
    EXPECT_NE(undone.find("boots next, on trial"), std::string::npos) << undone;
    ASSERT_NO_FATAL_FAILURE(reboot());
    const auto root = answer(shell, "findmnt -n -o SOURCE /");
    EXPECT_TRUE(root.starts_with("rpool/ROOT/default-back-")) << root;
    expect_healthy(shell, root);
    EXPECT_EQ(answer(shell,
                     "test -s /etc/ssh/sshd_config; dpkg -s evil 2>/dev/null | grep -c ^Status || true; dpkg --audit; "
                     "dpkg -s harmless | grep -c 'ok installed'"),
              "0\n1");
    EXPECT_EQ(answer(shell, "cat /home/admin/mine /srv/mine /var/log/mine"), "mine\nmine\nmine");
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f4"), "done\ndone\nundone");
    EXPECT_EQ(answer(shell,
                     "for i in $(seq 60); do [ $(zpool get -H -o value bootfs rpool) != rpool/ROOT/default ] && break; "
                     "sleep 2; done; zpool get -H -o value bootfs rpool"),
              root);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Tools, PurgedTheyLeaveAStockSystem) {
    ASSERT_NO_FATAL_FAILURE(boot());
    EXPECT_EQ(answer(shell,
                     "for tool in $(/usr/lib/kldload/kldload-tools --names); do test -x /usr/bin/$tool && "
                     "test -s /usr/share/man/man8/$tool.8 || echo $tool; done"),
              "");
    answer(shell, "kpkg hooks on; dpkg --purge kldload-tools");
    EXPECT_EQ(answer(shell,
                     "ls /usr/bin/kbe /usr/lib/kldload/kldload-tools /etc/apt/apt.conf.d/80kldload-kpkg "
                     "2>/dev/null || true"),
              "");
    ASSERT_NO_FATAL_FAILURE(reboot());
    expect_healthy(shell, kDefault);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
