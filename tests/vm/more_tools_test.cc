// SPDX-License-Identifier: BSD-3-Clause
// The k* commands on a booted machine: boot environments, a root without its libc, snapshots, status and directories.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "vm/support/boot_menu.h"
#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class MoreTools : public ToolsMachine {};

/// Systems with different OpenZFS: 2.1 has no `zfs set -u`, no `zpool list -j`, and other words.
class OnEach : public ToolsMachine, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override { set_up(GetParam()); }
};
std::string name_of(const testing::TestParamInfo<const char*>& info) {
    return std::string(info.param).starts_with("debian-12") ? "Debian12" : "Debian13";
}
INSTANTIATE_TEST_SUITE_P(Tools, OnEach, testing::Values("debian-13-server-tools"), name_of);
INSTANTIATE_TEST_SUITE_P(Matrix, OnEach, testing::Values("debian-12-server-tools"), name_of);

TEST_P(OnEach, BootEnvironmentsFromMakingToDestroying) {
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

TEST_F(MoreTools, ALibcThatIsGoneComesBackFromTheBootMenu) {
    ASSERT_NO_FATAL_FAILURE(boot());
    ASSERT_NO_FATAL_FAILURE(send("nolibc", "1", "mv /usr/lib/x86_64-linux-gnu/libc.so.6 /root/\n"));
    answer(shell, "echo mine > /srv/mine");
    // Over ssh nothing works from there on, not even the shell that would say so.
    [[maybe_unused]] const auto broken =
        guest->ssh().run("sudo kpkg install /home/admin/nolibc.deb", std::chrono::minutes(5));
    EXPECT_FALSE(guest->ssh().check("true").has_value()) << "it still works without its libc";
    guest->pull_the_plug();

    KLD_ASSERT_OK(guest->power_on());
    const auto menu = BootMenu::wait(guest->console());
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(guest->console().send("b"));
    KLD_ASSERT_OK(guest->console().expect(vm::text(">  1  kpkg-"), std::chrono::seconds(120)));
    KLD_ASSERT_OK(guest->console().send_key(vm::Key::enter));
    KLD_ASSERT_OK(guest->console().expect(vm::text("Go back to rpool/ROOT/default@kpkg-"), std::chrono::seconds(120)));
    KLD_ASSERT_OK(guest->console().send("d"));
    KLD_ASSERT_OK(guest->wait_for_ssh());
    const auto root = answer(shell, "findmnt -n -o SOURCE /");
    EXPECT_TRUE(root.starts_with("rpool/ROOT/default_kpkg-")) << root;
    expect_healthy(shell, root);
    EXPECT_EQ(answer(shell, "cat /srv/mine; dpkg --audit; dpkg -s nolibc >/dev/null 2>&1 || echo none"), "mine\nnone");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(MoreTools, ARollbackThatIsNoTrialRestartsUserlandAlone) {
    ASSERT_NO_FATAL_FAILURE(boot());
    // As with a loader that counts no tries.
    answer(shell, "mkdir -p /boot/efi/EFI/zbm; mv /boot/efi/EFI/BOOT/grubx64.efi /boot/efi/EFI/zbm/");
    answer(shell, "ksnap create before /; echo after > /etc/which; systemd-run -q --unit=mine sleep 100000");
    const auto kernel_boot = answer(shell, "cat /proc/sys/kernel/random/boot_id");
    [[maybe_unused]] const auto gone = guest->ssh().run("sudo ksnap rollback --now /@before", std::chrono::minutes(5));
    // While it goes down ssh may still answer, or not.
    bool is_back = false;
    for (unsigned tried = 0; tried < 300 && !is_back; ++tried) {
        const auto asked = guest->ssh().run("test -e /etc/which");
        is_back = asked && asked->exit_code == 1;
        if (!is_back) std::this_thread::sleep_for(std::chrono::seconds(2));
    }
    ASSERT_TRUE(is_back);
    const auto root = answer(shell, "findmnt -n -o SOURCE /");
    EXPECT_TRUE(root.starts_with("rpool/ROOT/default-back-")) << root;
    EXPECT_EQ(answer(shell, "cat /proc/sys/kernel/random/boot_id"), kernel_boot) << "the kernel was started again";
    EXPECT_EQ(answer(shell, "systemctl is-active mine || true"), "inactive");
    EXPECT_EQ(answer(shell, "zpool get -H -o value bootfs rpool"), root);
    EXPECT_EQ(answer(shell,
                     "for i in $(seq 60); do systemctl is-system-running --wait -q && break; sleep 1; done; "
                     "systemctl --failed --plain --no-legend"),
              "");
    EXPECT_EQ(answer(shell, "for one in /home /srv /var/log; do findmnt -n -o SOURCE $one; done"),
              "rpool/home\nrpool/srv\nrpool/var/log");
    EXPECT_EQ(answer(shell, "kbe list -H | cut -f1-2 | sed 's/-back-.*\\t/\\t/'"), "default\t-\ndefault\tNR");
    // And by way of the firmware.
    answer(shell, "mv /boot/efi/EFI/zbm/grubx64.efi /boot/efi/EFI/BOOT/; sync");
    ASSERT_NO_FATAL_FAILURE(reboot());
    expect_healthy(shell, root);
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(MoreTools, APackageFromTheMirrorServesAPage) {
    ASSERT_NO_FATAL_FAILURE(boot());
    KLD_ASSERT_OK(guest->ssh().check("sudo kpkg update && sudo kpkg install nginx", std::chrono::minutes(30)));
    EXPECT_NE(answer(shell,
                     "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1/\").read().decode())'")
                  .find("Welcome to nginx"),
              std::string::npos);
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f3-4"), "admin\tdone");
    EXPECT_NE(answer(shell, "kpkg list | grep -c '^ii  nginx '"), "0");
    expect_said("kpkg info nginx", "Package: nginx");
    expect_said("kpkg remove nginx", "nginx: ");
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f4"), "done\ndone");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_P(OnEach, SnapshotsStatusAndDirectories) {
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
    EXPECT_TRUE(nlohmann::json::accept(answer(shell, "kst --json")));
    EXPECT_NE(answer(shell, "kdf -H").find("rpool/srv\t/srv\t"), std::string::npos);

    answer(shell,
           "kdir --quota 1G '/srv/my data'; echo x > '/srv/my data/x'; kclone '/srv/my data' /srv/copy; "
           "echo y > /srv/copy/y");
    EXPECT_EQ(answer(shell, "zfs get -H -o value quota 'rpool/srv/my data'; cat /srv/copy/x; ls '/srv/my data'"),
              "1G\nx\nx");
    expect_said("kclone '/srv/my data' /srv/copy", "exit 3");
    expect_said("kdir /etc/new", "exit 3");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
