// SPDX-License-Identifier: BSD-3-Clause
// The k* commands on a booted machine: packages with a way back, and what is left when the tools go.
#include <gtest/gtest.h>

#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Tools : public ToolsMachine {};

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
                     "test -s /usr/share/man/man8/$tool.8.gz || echo $tool; done"),
              "");
    answer(shell, "kpkg hooks on; dpkg --purge kldload-tools");
    EXPECT_EQ(answer(shell,
                     "ls /usr/bin/kbe /usr/lib/kldload/kldload-tools /etc/apt/apt.conf.d/80kldload-kpkg "
                     "2>/dev/null || true"),
              "");
    // A pool that somebody adds is there again after a restart.
    answer(shell, "truncate -s 256M /opt/disk && zpool create tank /opt/disk && test -s /etc/zfs/zpool.cache");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_EQ(answer(shell, "zpool list -H -o name; findmnt -n -o SOURCE /tank"), "rpool\ntank\ntank");
    // The module cannot remove a file on Linux: the list of no pools is the old one.
    answer(shell, "zpool destroy tank; rm /etc/zfs/zpool.cache");
    expect_healthy(shell, kDefault);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
