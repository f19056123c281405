// SPDX-License-Identifier: BSD-3-Clause
// kpkg and its hooks on booted machines whose package manager is dnf or pacman. Systems of those families cannot be
// built yet: a Debian takes their part, with their programs, their database in the place of dpkg's, and no dpkg.
#include <gtest/gtest.h>

#include "support/tiny_packages.h"
#include "vm/acceleration.h"
#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

/// app needs library; evil takes away what the machine is reached by.
std::vector<TinyPackage> packages() {
    return {{.name = "app", .version = "1", .depends = {"library"}},
            {.name = "library", .version = "1"},
            {.name = "single", .version = "1"},
            {.name = "evil", .version = "1", .after = "rm -r /etc/ssh"}};
}

class Managers : public ToolsMachine {
protected:
    void SetUp() override {
        set_up("debian-13-server-managers", [this](GuestOptions& options, const std::string& place) -> Status {
            const auto tree = place + "/packages";
            KLD_CHECK(make_rpm_repository(runner, files, tree + "/rpm", packages()));
            KLD_CHECK(make_pacman_repository(runner, files, tree + "/pacman", "tests", packages()));
            KLD_CHECK(runner.run(
                {.argv = {"cp", vm::default_cache_directory() + "/test-images/managers-rpm.tar", tree + "/rpm.tar"}}));
            const auto image = place + "/packages.img";
            KLD_CHECK(runner.run({.argv = {"mke2fs", "-q", "-t", "ext4", "-d", tree, image, "256M"}}));
            options.more_drives = {{.path = image, .format = "raw", .serial = "packages"}};
            return {};
        });
    }
    /// From here on dpkg and its database are gone, and what else is not of this family; the machine says what it is
    /// like.
    void become(const std::string& like, const std::string& not_of_it) {
        answer(shell,
               "mkdir -p /srv/packages; mount -o ro /dev/disk/by-id/virtio-packages /mnt; cp -a /mnt/. /srv/packages; "
               "umount /mnt; rm -r /var/lib/dpkg /var/lib/apt /etc/apt /usr/bin/apt* /usr/bin/dpkg* " +
                   not_of_it + "; rm /etc/os-release; printf 'ID=stand-in\nID_LIKE=\"" + like +
                   "\"\nVERSION_ID=9\n' > /etc/os-release");
    }
    std::string snapshots() {
        return answer(shell, "zfs list -H -t snapshot -o name rpool/ROOT/default | grep -c @kpkg- || true");
    }
    std::string last_record() { return answer(shell, "kpkg history -H | tail -n 1 | cut -f3-6"); }
    /// Takes back all transactions and restarts into what was there before the first of them.
    /// @param opt  what /opt must hold then
    void undo_all(const std::string& opt) {
        const auto undone = said("kpkg undo $(kpkg history -H | head -n 1 | cut -f1)");
        EXPECT_NE(undone.find("boots next, on trial"), std::string::npos) << undone;
        ASSERT_NO_FATAL_FAILURE(reboot());
        const auto root = answer(shell, "findmnt -n -o SOURCE /");
        EXPECT_TRUE(root.starts_with("rpool/ROOT/default-back-")) << root;
        expect_healthy(shell, root);
        EXPECT_EQ(answer(shell, "test -s /etc/ssh/sshd_config; ls /opt"), opt);
        EXPECT_EQ(answer(shell, "kpkg history -H | cut -f4 | sort -u"), "undone");
    }
};

TEST_F(Managers, DnfAndRpm) {
    ASSERT_NO_FATAL_FAILURE(boot());
    ASSERT_NO_FATAL_FAILURE(become("rhel fedora", "/usr/bin/pacman*"));
    answer(shell,
           "tar -C / -xf /srv/packages/rpm.tar; "
           "printf '[main]\ngpgcheck=0\nreposdir=/etc/yum.repos.d\n' > /etc/dnf/dnf.conf; mkdir -p /etc/yum.repos.d; "
           "printf '[tests]\nname=tests\nbaseurl=file:///srv/packages/rpm\n' > /etc/yum.repos.d/tests.repo");
    const auto before = answer(shell, "rpm -qa | sort");
    EXPECT_NE(before.find("\nkldload-tools-"), std::string::npos) << before;
    // A true database: by it, files are as they were installed.
    EXPECT_EQ(
        answer(shell, "rpm -V bash coreutils openssh-server python3-dnf zfsutils-linux | grep -v ' /etc/' || true"),
        "");

    const auto installed = said("kpkg install app");
    EXPECT_NE(installed.find("  app.noarch: (none) -> 0:1-1\n  library.noarch: (none) -> 0:1-1\n"), std::string::npos)
        << installed;
    EXPECT_EQ(last_record(), "admin\tdone\t2\tkpkg install app");
    EXPECT_EQ(snapshots(), "1");
    expect_said("kpkg install app", "Nothing to do");
    EXPECT_EQ(snapshots(), "1");

    SCOPED_TRACE("dnf by itself");
    answer(shell, "kpkg hooks on; dnf -y install single");
    EXPECT_EQ(last_record(), "admin\tdone\t1\tdnf");
    EXPECT_EQ(snapshots(), "2");
    answer(shell, "dnf -y install evil");
    EXPECT_EQ(last_record(), "admin\tdone\t1\tdnf");
    EXPECT_EQ(snapshots(), "3");
    EXPECT_EQ(answer(shell, "test -e /etc/ssh || echo gone"), "gone");

    ASSERT_NO_FATAL_FAILURE(undo_all(""));
    EXPECT_EQ(answer(shell, "rpm -qa | sort"), before);
    EXPECT_EQ(answer(shell, "rpm -q app library single evil | grep -vc 'is not installed' || true"), "0");
    answer(shell, "rpmdb --verifydb; dnf -y install single; rpm -q single");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Managers, Pacman) {
    ASSERT_NO_FATAL_FAILURE(boot());
    // Not like Arch: the boot menu would say zfs= to its initramfs, and this one wants root=. pacman is what is there.
    ASSERT_NO_FATAL_FAILURE(become("", "/usr/bin/dnf* /usr/bin/rpm*"));
    answer(shell,
           "printf '[options]\nArchitecture = auto\nSigLevel = Never\n[tests]\nServer = file:///srv/packages/pacman\n' "
           "> /etc/pacman.conf; mkdir -p /var/lib/pacman /var/cache/pacman/pkg; pacman -Sy --noconfirm library");
    const auto installed = said("kpkg install app");
    EXPECT_NE(installed.find("  app: (none) -> 1-1\n"), std::string::npos) << installed;
    EXPECT_EQ(last_record(), "admin\tdone\t1\tkpkg install app");
    EXPECT_EQ(snapshots(), "1");

    SCOPED_TRACE("pacman by itself");
    answer(shell, "kpkg hooks on; pacman -S --noconfirm single evil");
    EXPECT_EQ(last_record(), "admin\tdone\t2\tpacman");
    EXPECT_EQ(snapshots(), "2");
    answer(shell, "pacman -Rs --noconfirm app");
    EXPECT_EQ(last_record(), "admin\tdone\t1\tpacman");
    EXPECT_EQ(snapshots(), "3");

    ASSERT_NO_FATAL_FAILURE(undo_all("library"));
    EXPECT_EQ(answer(shell, "pacman -Q; pacman -Qk 2>&1"), "library 1-1\nlibrary: 2 total files, 0 missing files");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
