// SPDX-License-Identifier: BSD-3-Clause
// The k* commands on a booted machine, as a person over ssh meets them.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

/// A package of nothing but a script that runs when it is configured. @returns its path
Result<std::string> make_package(Runner& runner, Files& files, const std::string& directory, const std::string& name,
                                 const std::string& version, const std::string& postinst) {
    const auto root = directory + "/" + name;
    KLD_CHECK(files.make_directories(root + "/DEBIAN"));
    KLD_CHECK(files.write(root + "/DEBIAN/control", "Package: " + name + "\nVersion: " + version +
                                                        "\nArchitecture: all\nMaintainer: nobody <root@localhost>\n"
                                                        "Description: for a test\n"));
    KLD_CHECK(files.write(root + "/DEBIAN/postinst", "#!/bin/sh\n" + postinst, 0755));
    const auto path = directory + "/" + name + ".deb";
    KLD_CHECK(runner.run({.argv = {"dpkg-deb", "--root-owner-group", "--build", root, path}}));
    return path;
}

class Tools : public testing::Test {
protected:
    void SetUp() override {
        const auto options = test_image("debian-13-server-tools");
        KLD_ASSERT_OK(options);
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
        auto temporary = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(temporary);
        directory.emplace(std::move(*temporary));
    }
    void boot() {
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        shell = over_ssh(*guest);
    }
    void reboot() {
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
        ASSERT_NO_FATAL_FAILURE(boot());
    }
    /// What a command says and its exit code, when that is not 0.
    std::string said(const std::string& command) { return answer(shell, "(" + command + ") 2>&1 || echo \"exit $?\""); }
    void send(const std::string& name, const std::string& version, const std::string& postinst) {
        const auto package = make_package(runner, files, directory->path(), name, version, postinst);
        KLD_ASSERT_OK(package);
        KLD_ASSERT_OK(guest->ssh().copy_to(*package, "/home/admin/" + name + ".deb"));
    }
    void expect_said(const std::string& command, const std::string& text) {
        const auto all = said(command);
        EXPECT_NE(all.find(text), std::string::npos) << command << "\n" << all;
    }

    ProcessRunner runner;
    RealFiles files;
    std::optional<TemporaryDirectory> directory;
    std::unique_ptr<Guest> guest;
    RootShell shell;
};

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

TEST_F(Tools, ALibcThatIsGoneComesBackFromAnOpenShell) {
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

TEST_F(Tools, SnapshotsStatusAndDirectories) {
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
