// SPDX-License-Identifier: BSD-3-Clause
// The layout of the keyboard, of a machine whose answers say a German one: typed on its own keyboard, not on the serial
// line.
#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "vm/support/boot_menu.h"
#include "vm/support/core_machine.h"
#include "vm/support/system_checks.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

const std::string kPassphrase = "Zylz-fuzzy";

/// The key of a German keyboard, by what stands there on an American one: the names that QEMU has for keys.
std::string german_key(char letter) {
    switch (letter) {
        case 'y':
            return "z";
        case 'z':
            return "y";
        case '-':
            return "slash";
        case '\n':
            return "ret";
        default:
            return {letter};
    }
}

class GermanKeyboard : public CoreMachine {
protected:
    GermanKeyboard() : CoreMachine("debian-13-core-german") {}
    /// QEMU queues them, and holds each down for a tenth of a second.
    void press(const std::vector<std::string>& keys) {
        nlohmann::json all = nlohmann::json::array();
        for (const auto& key : keys) all.push_back({{"type", "qcode"}, {"data", key}});
        KLD_ASSERT_OK(guest->machine().monitor("send-key", {{"keys", all}}));
    }
    /// As somebody types who looks at the keys.
    void type_german(const std::string& text) {
        for (const char letter : text) {
            const auto key = german_key(static_cast<char>(std::tolower(static_cast<unsigned char>(letter))));
            press(std::isupper(static_cast<unsigned char>(letter)) != 0 ? std::vector<std::string>{"shift", key}
                                                                        : std::vector{key});
        }
    }
    void expect_locked(const std::string& dataset) {
        KLD_ASSERT_OK(guest->console().expect(vm::regex(dataset + " +\\[locked\\]"), 300s));
    }
    void choose_layout(const std::string& name) {
        press({"tab"});
        expect_said("Layout of this machine's keyboard");
        for (const char letter : name) press({{letter}});
        press({"ret"});
        expect_said("Keyboard layout: " + name);
    }
};

TEST_F(GermanKeyboard, PassphrasesInTheMenuAreTypedWithTheLayoutOfThePoolOrTheOneThatIsChosen) {
    KLD_ASSERT_OK(guest->power_on());
    auto menu = BootMenu::wait(guest->console());
    KLD_ASSERT_OK(menu);
    {
        auto recovery = menu->recovery_shell();
        KLD_ASSERT_OK(recovery);
        answer(*recovery,
               "set -e; zpool export rpool; zpool import -N -o cachefile=none -d /dev/vda2 rpool\n"
               "for name in one two; do\n"
               "printf '%s' '" +
                   kPassphrase +
                   "' | zfs create -u -o encryption=on -o keyformat=passphrase -o mountpoint=/ -o canmount=noauto "
                   "rpool/ROOT/$name\n"
                   "mkdir -p /run/$name; mount -t zfs -o zfsutil rpool/ROOT/$name /run/$name; mkdir /run/$name/boot\n"
                   "echo none >/run/$name/boot/vmlinuz-1; echo none >/run/$name/boot/initrd.img-1; umount /run/$name\n"
                   "done; zpool export rpool; set +e");
        KLD_ASSERT_OK(recovery->console().send_line("exit"));
    }
    ASSERT_NO_FATAL_FAILURE(expect_locked("rpool/ROOT/one"));
    {
        SCOPED_TRACE("the layout that the pool says");
        press({"2"});
        press({"ret"});
        ASSERT_NO_FATAL_FAILURE(expect_said("Keyboard layout: de:nodeadkeys"));
        type_german(kPassphrase + "\n");
        ASSERT_NO_FATAL_FAILURE(expect_said("Booting rpool/ROOT/one with /boot/vmlinuz-1"));
        ASSERT_NO_FATAL_FAILURE(expect_said("The kernel was not started:"));
        press({"esc"});
    }
    SCOPED_TRACE("another one, by a person");
    ASSERT_NO_FATAL_FAILURE(expect_locked("rpool/ROOT/two"));
    press({"3"});
    press({"ret"});
    ASSERT_NO_FATAL_FAILURE(expect_said("Keyboard layout: de:nodeadkeys"));
    ASSERT_NO_FATAL_FAILURE(choose_layout("us"));
    type_german(kPassphrase + "\n");
    ASSERT_NO_FATAL_FAILURE(expect_said("Incorrect key provided"));
    ASSERT_NO_FATAL_FAILURE(choose_layout("de"));
    type_german(kPassphrase + "\n");
    ASSERT_NO_FATAL_FAILURE(expect_said("Booting rpool/ROOT/two with /boot/vmlinuz-1"));
}

TEST_F(GermanKeyboard, TheSystemHasItOnItsConsoleAndInItsInitramfs) {
    KLD_ASSERT_OK(guest->power_on());
    ASSERT_NO_FATAL_FAILURE(log_in());
    expect_healthy(over_serial(*shell), "rpool/ROOT/default");
    answer(*shell, "for i in $(seq 120); do grep -q 'login: ' /dev/vcs1 && break; sleep 1; done");
    type_german("zy-z");
    EXPECT_EQ(answer(*shell, "for i in $(seq 60); do grep -o 'login: zy-z' /dev/vcs1 && break; sleep 1; done"),
              "login: zy-z");
    EXPECT_EQ(answer(*shell, "sed -n 's/^XKB[LV].*=//p' /etc/default/keyboard"), "\"de\"\n\"nodeadkeys\"");
    EXPECT_EQ(answer(*shell, "lsinitramfs /boot/initrd.img-$(uname -r) 2>/dev/null | grep -c cached_UTF-8_del.kmap"),
              "1");
    // Height and width in the head of a PSF file, psfu(5).
    EXPECT_EQ(answer(*shell, "setfont -C /dev/tty1 -O /run/font && od -An -tu4 -j24 -N8 /run/font | tr -s ' '"),
              "32 16");
    EXPECT_EQ(answer(*shell, "zfs get -H -o value,source org.kldload:keymap rpool/ROOT/default"),
              "de:nodeadkeys\tinherited from rpool");
    KLD_ASSERT_OK(guest->shut_down(*shell));
}

}  // namespace
}  // namespace kld::test
