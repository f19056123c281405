// SPDX-License-Identifier: BSD-3-Clause
// Going back to a snapshot out of the boot menu, and choosing the default there: three boots of one machine.
#include <gtest/gtest.h>

#include "vm/support/boot_menu.h"
#include "vm/support/core_machine.h"
#include "vm/support/system_checks.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDefault = "rpool/ROOT/default";
constexpr const char* kClone = "rpool/ROOT/default_before";

class GoBack : public CoreMachine {};

TEST_F(GoBack, ToBeforeAChangeAndForwardAgain) {
    std::string hostid;
    {
        SCOPED_TRACE("first boot: a snapshot, then a change");
        KLD_ASSERT_OK(guest->power_on());
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_healthy(over_serial(*shell), kDefault);
        hostid = answer(*shell, "od -An -tx4 /etc/hostid");
        answer(*shell,
               "set -e; zfs set 'org.example:note=two  words' rpool/ROOT/default\n"
               "echo before >/etc/which; zfs snapshot rpool/ROOT/default@before\n"
               "echo after >/etc/which; zpool sync");
        KLD_ASSERT_OK(guest->shut_down(*shell));
    }
    {
        SCOPED_TRACE("second boot: back to the snapshot, which becomes the default");
        KLD_ASSERT_OK(guest->power_on());
        auto menu = BootMenu::wait(guest->console());
        KLD_ASSERT_OK(menu);
        KLD_ASSERT_OK(guest->console().send("b"));
        ASSERT_NO_FATAL_FAILURE(expect_said(">  1  before "));
        ASSERT_NO_FATAL_FAILURE(expect_said("   2  base "));
        ASSERT_NO_FATAL_FAILURE(expect_said("Choose a snapshot of rpool/ROOT/default"));
        KLD_ASSERT_OK(guest->console().send_key(vm::Key::enter));
        ASSERT_NO_FATAL_FAILURE(expect_said("Go back to rpool/ROOT/default@before"));
        KLD_ASSERT_OK(guest->console().send("d"));
        ASSERT_NO_FATAL_FAILURE(expect_said("Booting rpool/ROOT/default_before with /boot/vmlinuz-"));
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_healthy(over_serial(*shell), kClone);
        EXPECT_EQ(answer(*shell, "cat /etc/which"), "before");
        EXPECT_EQ(answer(*shell, "od -An -tx4 /etc/hostid"), hostid);
        EXPECT_EQ(answer(*shell, "zpool get -H -o value bootfs rpool"), kClone);
        EXPECT_EQ(answer(*shell, "zfs get -H -o value,source mountpoint,canmount,org.example:note,origin " +
                                     std::string(kClone)),
                  "/\tlocal\nnoauto\tlocal\ntwo  words\tlocal\nrpool/ROOT/default@before\t-");
        KLD_ASSERT_OK(guest->shut_down(*shell));
    }
    SCOPED_TRACE("third boot: the first one becomes the default again");
    KLD_ASSERT_OK(guest->power_on());
    auto menu = BootMenu::wait(guest->console());
    KLD_ASSERT_OK(menu);
    ASSERT_EQ(menu->entries(), (std::vector<std::string>{kClone, kDefault}));
    KLD_ASSERT_OK(guest->console().send("2d"));
    ASSERT_NO_FATAL_FAILURE(expect_said("rpool/ROOT/default is the default now."));
    KLD_ASSERT_OK(guest->console().expect(vm::regex("1  rpool/ROOT/default .*\\[default\\]"), 120s));
    KLD_ASSERT_OK(guest->console().send_key(vm::Key::enter));
    ASSERT_NO_FATAL_FAILURE(log_in());
    expect_healthy(over_serial(*shell), kDefault);
    EXPECT_EQ(answer(*shell, "cat /etc/which"), "after");
    EXPECT_EQ(answer(*shell, "zpool get -H -o value bootfs rpool"), kDefault);
    KLD_ASSERT_OK(guest->shut_down(*shell));
}

}  // namespace
}  // namespace kld::test
