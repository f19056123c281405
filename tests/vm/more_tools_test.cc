// SPDX-License-Identifier: BSD-3-Clause
// The k* commands on a booted machine: a root without its libc, snapshots, status and directories.
#include <gtest/gtest.h>

#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

class MoreTools : public ToolsMachine {};

TEST_F(MoreTools, ALibcThatIsGoneComesBackFromAnOpenShell) {
    ASSERT_NO_FATAL_FAILURE(boot());
    ASSERT_NO_FATAL_FAILURE(send("nolibc", "1", "mv /usr/lib/x86_64-linux-gnu/libc.so.6 /root/\n"));
    {
        auto console = guest->login("root", kRootPassword);
        KLD_ASSERT_OK(console);
        // The shell is there already; nothing else starts from here on.
        answer(*console, "kpkg install /home/admin/nolibc.deb || true");
        EXPECT_EQ(answer(*console, "ls / 2>/dev/null || echo broken"), "broken");
        KLD_ASSERT_OK(guest->console().send("kpkg undo --now\n"));
        KLD_ASSERT_OK(guest->console().expect(vm::text("going on with those of rpool/ROOT/default@kpkg-"),
                                              std::chrono::seconds(120)));
        KLD_ASSERT_OK(guest->console().expect(vm::text("[trial 1 of 3]"), std::chrono::seconds(600)));
    }
    KLD_ASSERT_OK(guest->wait_for_ssh());
    const auto root = answer(shell, "findmnt -n -o SOURCE /");
    EXPECT_TRUE(root.starts_with("rpool/ROOT/default-back-")) << root;
    expect_healthy(shell, root);
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f4; dpkg --audit"), "undone");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(MoreTools, SnapshotsStatusAndDirectories) {
    ASSERT_NO_FATAL_FAILURE(boot());
    answer(shell, "echo one > /srv/file; echo keep > '/srv/a b'; ksnap create first");
    EXPECT_EQ(answer(shell, "ksnap list -H | cut -f1 | grep @first | sort"),
              "rpool/ROOT/default@first\nrpool/home@first\nrpool/root@first\nrpool/srv@first\nrpool/var/log@first");
    answer(shell, "echo two > /srv/file; rm '/srv/a b'; touch /srv/new");
    const auto changed = answer(shell, "ksnap diff /srv@first");
    for (const auto* path : {"/srv/file", "/srv/new", "a b"})
        EXPECT_NE(changed.find(path), std::string::npos) << changed;
    answer(shell, "ksnap restore /srv@first '/srv/a b'");
    EXPECT_EQ(answer(shell, "cat '/srv/a b'"), "keep");
    expect_said("ksnap restore /srv@first /srv/file", "exit 3");
    answer(shell, "ksnap restore --overwrite /srv@first /srv/file");
    EXPECT_EQ(answer(shell, "cat /srv/file; cat /srv/file.before-restore-*"), "one\ntwo");
    expect_said("ksnap rollback /srv@first </dev/null", "exit 3");
    answer(shell, "ksnap rollback --yes /srv@first");
    EXPECT_EQ(answer(shell, "cat /srv/file; ls /srv"), "one\na b\nfile");
    answer(shell, "ksnap hold /srv@first");
    expect_said("ksnap destroy /srv@first", "held");
    answer(shell, "ksnap release /srv@first; ksnap destroy /srv@first");
    EXPECT_EQ(answer(shell, "ksnap list -H | grep -c srv@first || true"), "0");

    // A root goes back by way of a clone.
    answer(shell, "echo after > /etc/which");
    expect_said("ksnap rollback /@first", "boots next, on trial");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_EQ(answer(shell, "test -e /etc/which || echo none"), "none");

    EXPECT_EQ(answer(shell,
                     "for i in $(seq 60); do systemctl is-active -q kldload-trial.service && break; sleep 2; done; "
                     "kst >/dev/null; echo $?"),
              "0");
    const auto status = answer(shell, "kst --check");
    for (const auto* word : {"rpool", "ONLINE", "default-back-"})
        EXPECT_NE(status.find(word), std::string::npos) << status;
    EXPECT_NE(answer(shell, "kst --metrics").find("kldload_pool_health"), std::string::npos);
    answer(shell, "kst --json | python3 -m json.tool >/dev/null");
    EXPECT_NE(answer(shell, "kdf -H").find("rpool/srv\t/srv\t"), std::string::npos);

    answer(shell,
           "kdir --quota 1G '/srv/my data'; echo x > '/srv/my data/x'; kclone '/srv/my data' /srv/copy; "
           "echo y > /srv/copy/y");
    EXPECT_EQ(answer(shell, "zfs get -H -o value quota 'rpool/srv/my data'; cat /srv/copy/x; ls '/srv/my data'"),
              "1G\nx\nx");
    expect_said("kclone '/srv/my data' /srv/copy", "exit 3");
    expect_said("kdir /usr/local/new", "exit 3");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
