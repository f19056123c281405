// SPDX-License-Identifier: BSD-3-Clause
// An encrypted boot environment: the menu asks for the passphrase, the initramfs does not ask again, and nothing of it
// is left in the running system. Then back to a snapshot of it.
#include <gtest/gtest.h>

#include "vm/support/boot_menu.h"
#include "vm/support/core_machine.h"
#include "vm/support/system_checks.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEncrypted = "rpool/ROOT/enc";
constexpr const char* kClone = "rpool/ROOT/enc_before";
const std::string kPassphrase = "correct horse Battery";

class Encrypted : public CoreMachine {
protected:
    /// Chooses the encrypted one in the list; `key` is what makes the menu ask.
    void answer_the_question(const std::string& key) {
        const auto menu = BootMenu::wait(guest->console());
        KLD_ASSERT_OK(menu);
        ASSERT_EQ(menu->entries(), (std::vector<std::string>{"rpool/ROOT/default", kEncrypted}));
        type("2" + key);
        expect_said("Passphrase (it is not shown): ");
        type("something else\r");
        expect_said("Incorrect key provided");
        expect_said("Passphrase (it is not shown): ");
        type(kPassphrase + "\r");
    }
    /// Until here nobody but the person has said it.
    void expect_asked_once(const std::string& dataset) {
        const auto& said = guest->console().transcript().text();
        EXPECT_EQ(said.find(kPassphrase), std::string::npos) << "a console showed the passphrase";
        EXPECT_EQ(said.find("Enter passphrase"), std::string::npos) << "the initramfs asked again";
        expect_healthy(over_serial(*shell), dataset);
        EXPECT_EQ(answer(*shell, "zfs get -H -o value encryptionroot,keystatus,keylocation " + std::string(kEncrypted)),
                  "rpool/ROOT/enc\navailable\nprompt");
    }
    void expect_nothing_left() {
        const std::string count = "grep -aFc '" + kPassphrase + "'";
        EXPECT_EQ(answer(*shell, count + " /proc/cmdline || true"), "0");
        EXPECT_EQ(answer(*shell, "{ dmesg; journalctl -b --no-pager; } | " + count + " || true"), "0");
        EXPECT_EQ(answer(*shell, count + " /dev/vda1 || true"), "0") << "on the EFI system partition";
        EXPECT_EQ(answer(*shell, "grep -raFl '" + kPassphrase + "' /etc /run /var/log /boot || true"), "");
        EXPECT_EQ(
            answer(*shell, "find / /run -xdev -name 'kldload-menu*'; ls /sys/firmware/initrd 2>/dev/null || true"), "");
    }
};

TEST_F(Encrypted, AsksOnceInTheMenuAndLeavesNothingBehind) {
    {
        SCOPED_TRACE("first boot: a copy of the system, encrypted");
        KLD_ASSERT_OK(guest->power_on());
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_healthy(over_serial(*shell), "rpool/ROOT/default");
        answer(*shell,
               "set -e; umask 077; printf '" + kPassphrase +
                   "' >/run/key\n"
                   "zfs snapshot rpool/ROOT/default@copy\n"
                   "zfs send -c rpool/ROOT/default@copy | zfs receive -u -o encryption=on -o keyformat=passphrase "
                   "-o keylocation=file:///run/key -o canmount=noauto -o mountpoint=/ rpool/ROOT/enc\n"
                   "zfs set keylocation=prompt rpool/ROOT/enc; rm /run/key\n"
                   "line=$(zfs get -H -o value org.zfsbootmenu:commandline rpool/ROOT/default)\n"
                   "[ \"$line\" = - ] || zfs set \"org.zfsbootmenu:commandline=$line\" rpool/ROOT/enc\n"
                   "mkdir /run/enc; mount -t zfs -o zfsutil rpool/ROOT/enc /run/enc\n"
                   "echo before >/run/enc/etc/which; zfs snapshot rpool/ROOT/enc@before\n"
                   "echo after >/run/enc/etc/which; umount /run/enc; zpool sync");
        KLD_ASSERT_OK(guest->shut_down(*shell));
    }
    {
        SCOPED_TRACE("second boot: into it");
        KLD_ASSERT_OK(guest->power_on());
        ASSERT_NO_FATAL_FAILURE(answer_the_question("\r"));
        ASSERT_NO_FATAL_FAILURE(expect_said("Booting rpool/ROOT/enc with /boot/vmlinuz-"));
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_asked_once(kEncrypted);
        EXPECT_EQ(answer(*shell, "cat /etc/which"), "after");
        expect_nothing_left();
        KLD_ASSERT_OK(guest->shut_down(*shell));
    }
    SCOPED_TRACE("third boot: back to a snapshot of it");
    KLD_ASSERT_OK(guest->power_on());
    ASSERT_NO_FATAL_FAILURE(answer_the_question("b"));
    ASSERT_NO_FATAL_FAILURE(expect_said(">  1  before "));
    ASSERT_NO_FATAL_FAILURE(expect_said("Choose a snapshot of rpool/ROOT/enc"));
    type("\r");
    ASSERT_NO_FATAL_FAILURE(expect_said("Go back to rpool/ROOT/enc@before"));
    type("\r");
    ASSERT_NO_FATAL_FAILURE(expect_said("Booting rpool/ROOT/enc_before with /boot/vmlinuz-"));
    ASSERT_NO_FATAL_FAILURE(log_in());
    expect_asked_once(kClone);
    EXPECT_EQ(answer(*shell, "cat /etc/which"), "before");
    EXPECT_EQ(answer(*shell, "zpool get -H -o value bootfs rpool"), "rpool/ROOT/default") << "it was for once";
    KLD_ASSERT_OK(guest->shut_down(*shell));
}

}  // namespace
}  // namespace kld::test
