// SPDX-License-Identifier: BSD-3-Clause
// Whole images, in three boots each where there is time: the first one on a bigger disk by the menu's countdown; the
// second with arguments for this once; the third from another kernel of a clone, chosen in the menu.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "base/text.h"
#include "vm/support/boot_menu.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"
#include "vm/support/tools_disk.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDefault = "rpool/ROOT/default";
constexpr const char* kClone = "rpool/ROOT/copy";

struct Case {
    const char* name;
    const char* image;
    bool server = false;  ///< it answers on ssh; a core system has the console alone
    bool secure_boot = false;
    bool once = false;  ///< the first boot alone
};

constexpr Case kCases[] = {{.name = "Debian13Server", .image = "debian-13-server", .server = true},
                           {.name = "Debian12CoreOnce", .image = "debian-12-core", .once = true}};

/// The other choices of the catalogue, and Secure Boot, of which vm.refusals sees the other side in every run.
constexpr Case kMatrix[] = {{.name = "Debian12Core", .image = "debian-12-core"},
                            {.name = "Debian13CoreSecureBoot", .image = "debian-13-core", .secure_boot = true},
                            {.name = "Debian13CoreDracut", .image = "debian-13-core-dracut", .secure_boot = true},
                            {.name = "Debian12CoreDracut", .image = "debian-12-core-dracut"}};

class System : public testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        auto options = GetParam().secure_boot ? secure_test_image(GetParam().image) : test_image(GetParam().image);
        KLD_ASSERT_OK(options);
        options->disk_bytes = kBigDisk;
        if (GetParam().server) {
            tools.emplace(*TemporaryDirectory::make("/var/tmp"));
            const auto drive = make_tools_disk(tools->path());
            KLD_ASSERT_OK(drive);
            options->more_drives.push_back(*drive);
        }
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
    }

    /// Waits for the booted system and logs in as its administrator would: `shell` is valid until shut_down().
    void log_in() {
        if (GetParam().server) {
            KLD_ASSERT_OK(guest->wait_for_ssh());
            shell = over_ssh(*guest);
            return;
        }
        auto opened = guest->login("root", kRootPassword);
        KLD_ASSERT_OK(opened);
        console.emplace(std::move(*opened));
        shell = over_serial(*console);
    }

    void shut_down() { KLD_ASSERT_OK(GetParam().server ? guest->shut_down_by_ssh() : guest->shut_down(*console)); }

    std::optional<TemporaryDirectory> tools;
    std::unique_ptr<Guest> guest;
    std::optional<vm::SerialShell> console;
    RootShell shell;
};

void expect_profile(const RootShell& shell, const Case& wanted) {
    EXPECT_EQ(answer(shell, "hostname"), wanted.image);
    EXPECT_EQ(answer(shell, "command -v gcc cc make dkms || echo none"), "none") << "no compiler on the target";
    if (wanted.server) answer(shell, "command -v nmcli wg chronyc sanoid");
    if (wanted.secure_boot) {
        EXPECT_NE(answer(shell, "cat /sys/kernel/security/lockdown").find("[integrity]"), std::string::npos);
    }
}

/// What must be the machine's own, and stay the same at the next boot.
std::string identity(const RootShell& shell) {
    return answer(shell,
                  "cat /etc/machine-id; od -An -tx4 /etc/hostid; zpool get -H -o value guid rpool; "
                  "cat /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || true");
}

/// Makes a boot environment with a second kernel, and a plain clone, which is none.
void make_clones(const RootShell& shell) {
    answer(shell,
           "set -e; zfs snapshot rpool/ROOT/default@test\n"
           "zfs clone -o mountpoint=/ -o canmount=noauto rpool/ROOT/default@test rpool/ROOT/copy\n"
           "zfs clone rpool/ROOT/default@test rpool/ROOT/plain\n"
           "mkdir /run/copy; mount -t zfs -o zfsutil rpool/ROOT/copy /run/copy\n"
           "echo copy > /run/copy/etc/which\n"
           "kernel=$(uname -r); cp /run/copy/boot/vmlinuz-$kernel /run/copy/boot/vmlinuz-5.0-other\n"
           "cp /run/copy/boot/initrd.img-$kernel /run/copy/boot/initrd.img-5.0-other; umount /run/copy; zpool sync");
}

/// `kldload check /` on a machine in use, with a clone beside the environment: nothing to say; then what is wrong, and
/// what --fix mends.
void expect_checked(const RootShell& shell) {
    answer(shell, kMountTools);
    const auto check = std::string(kKldload) + "check / ";
    const auto clean = answer(shell, check);
    EXPECT_NE(clean.find(" 0 warnings, 0 failed, 0 unknown, "), std::string::npos) << clean;
    answer(shell, "zfs set -u canmount=on rpool/ROOT/copy; systemctl disable zfs-import-scan.service");
    const auto found = answer(shell, check + "2>/dev/null || echo exit $?");
    EXPECT_NE(found.find("fail    B11 "), std::string::npos) << found;
    EXPECT_NE(found.find("warn    B10 "), std::string::npos) << found;
    EXPECT_NE(found.find("exit 1"), std::string::npos) << found;
    const auto planned = answer(shell, check + "--dry-run 2>&1 || true");
    EXPECT_NE(planned.find("would run: zfs set canmount=noauto rpool/ROOT/copy"), std::string::npos) << planned;
    EXPECT_EQ(answer(shell, "zfs get -H -o value canmount rpool/ROOT/copy"), "on") << "nothing is changed yet";
    const auto mended = answer(shell, check + "--fix");
    EXPECT_NE(mended.find(" 0 warnings, 0 failed, 0 unknown, "), std::string::npos) << mended;
    EXPECT_EQ(answer(shell, "zfs get -H -o value canmount rpool/ROOT/copy"), "noauto");
}

TEST_P(System, BootsAndBootsWhatIsChosen) {
    const std::string once = "kldload.once=1";
    std::string own;
    {
        SCOPED_TRACE("first boot");
        KLD_ASSERT_OK(guest->power_on());
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_healthy(shell, kDefault);
        expect_stock(shell);
        expect_profile(shell, GetParam());
        expect_grown(shell);
        own = identity(shell);
        EXPECT_EQ(own.find("ssh-ed25519 ") != std::string::npos, GetParam().server) << own;
        if (!GetParam().once) make_clones(shell);
        ASSERT_NO_FATAL_FAILURE(shut_down());
    }
    if (GetParam().once) return;
    {
        SCOPED_TRACE("second boot, with arguments for this once");
        KLD_ASSERT_OK(guest->power_on());
        auto menu = BootMenu::wait(guest->console());
        KLD_ASSERT_OK(menu);
        EXPECT_EQ(menu->entries(), (std::vector<std::string>{kDefault, kClone})) << "a plain clone is not shown";
        KLD_ASSERT_OK(menu->boot_with(kDefault, once));
        ASSERT_NO_FATAL_FAILURE(log_in());
        expect_healthy(shell, kDefault);
        EXPECT_NE(answer(shell, "cat /proc/cmdline").find(once), std::string::npos);
        EXPECT_EQ(identity(shell), own);
        if (GetParam().server) expect_checked(shell);
        ASSERT_NO_FATAL_FAILURE(shut_down());
    }
    SCOPED_TRACE("third boot, another kernel of a clone");
    KLD_ASSERT_OK(guest->power_on());
    auto menu = BootMenu::wait(guest->console());
    KLD_ASSERT_OK(menu);
    KLD_ASSERT_OK(menu->boot_kernel(kClone, "5.0-other"));
    KLD_ASSERT_OK(guest->console().expect(vm::text("Booting rpool/ROOT/copy with /boot/vmlinuz-5.0-other"), 120s));
    ASSERT_NO_FATAL_FAILURE(log_in());
    expect_healthy(shell, kClone);
    EXPECT_EQ(answer(shell, "cat /etc/which"), "copy");
    EXPECT_EQ(answer(shell, "cat /proc/cmdline").find(once), std::string::npos) << "they were for once";
    ASSERT_NO_FATAL_FAILURE(shut_down());
}

const auto name_of_case = [](const auto& param) { return param.param.name; };
INSTANTIATE_TEST_SUITE_P(Image, System, testing::ValuesIn(kCases), name_of_case);
INSTANTIATE_TEST_SUITE_P(Matrix, System, testing::ValuesIn(kMatrix), name_of_case);

}  // namespace
}  // namespace kld::test
