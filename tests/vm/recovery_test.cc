// SPDX-License-Identifier: BSD-3-Clause
// krecovery: a machine that does not boot any more, its disk in another machine whose pool has the same name, and back.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include "base/text.h"
#include "vm/run.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";
constexpr const char* kGood = "rpool/ROOT/good";

class Recovery : public testing::Test {
protected:
    void SetUp() override {
        auto temporary = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(temporary);
        directory.emplace(std::move(*temporary));
        const auto image = image_path("debian-13-server-tools");
        KLD_ASSERT_OK(image);
        KLD_ASSERT_OK(vm::make_overlay(runner, *image, disk(), 0));
    }
    std::string disk() const { return directory->path() + "/patient.qcow2"; }

    /// @param rescue  boots from a disk of its own, with the patient's as the second: of another image, or both would
    ///                have partitions of one GUID
    void boot(bool rescue) {
        guest.reset();
        auto options = test_image(rescue ? "debian-13-server" : "debian-13-server-tools");
        KLD_ASSERT_OK(options);
        if (!rescue) options->image.clear();
        options->more_drives.push_back({.path = disk(), .format = "qcow2", .throwaway = false});
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        shell = over_ssh(*guest);
    }
    /// What krecovery says, and its exit code when that is not 0.
    std::string say(const std::string& words) {
        return answer(shell, "(/home/admin/kldload-tools krecovery " + words + ") 2>&1 || echo \"exit $?\"");
    }
    void expect_said(const std::string& words, const std::vector<std::string>& texts) {
        const auto all = say(words);
        for (const auto& text : texts)
            EXPECT_NE(all.find(text), std::string::npos) << words << ": " << text << " is not in\n" << all;
    }
    void expect_nothing_mounted() {
        EXPECT_EQ(answer(shell, "grep -c -e /run/krecovery -e /run/kldload- /proc/self/mountinfo || true"), "0");
    }

    ProcessRunner runner;
    std::optional<TemporaryDirectory> directory;
    std::unique_ptr<Guest> guest;
    RootShell shell;
};

TEST_F(Recovery, FromAnotherMachineWhosePoolHasTheSameName) {
    ASSERT_NO_FATAL_FAILURE(boot(false));
    expect_healthy(shell, kDefault);
    const auto guid = answer(shell, "zpool get -H -o value guid rpool");
    // Two kernels' worth of menus would not matter: the default has none that could be started, and the firmware
    // nothing.
    answer(shell,
           "set -e; echo from-the-patient > /srv/marker; kbe create good; kbe create tried\n"
           "kbe activate --trial --force-unverified tried\n"
           "rm /boot/initrd.img-*; rm -r /boot/efi/EFI/BOOT; rm /boot/efi/EFI/kldload/builder.der; sync");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());

    // The other machine's pool is not one that this system takes by itself: its import service says that it failed.
    ASSERT_NO_FATAL_FAILURE(boot(true));
    const auto own = answer(shell, "zpool get -H -o value guid rpool");
    ASSERT_NE(own, guid);
    KLD_ASSERT_OK(guest->ssh().copy_to(std::string(KLD_BIN_DIR) + "/kldload-tools", "/home/admin/kldload-tools"));
    answer(shell, "chmod 0755 /home/admin/kldload-tools");
    const auto here = "rpool-" + guid.substr(guid.size() - 6);
    const auto place = "/run/krecovery/" + here;

    SCOPED_TRACE("what there is");
    expect_said("pools", {guid, own, "2 pools are called rpool", "was last used by"});
    EXPECT_EQ(
        answer(shell, "/home/admin/kldload-tools krecovery pools -H 2>/dev/null | cut -f1,2,3,6,7 | sort"),
        join(guid < own ? std::vector{"rpool\t" + guid + "\tONLINE\tyes\t-", "rpool\t" + own + "\tONLINE\tyes\trpool"}
                        : std::vector{"rpool\t" + own + "\tONLINE\tyes\trpool", "rpool\t" + guid + "\tONLINE\tyes\t-"},
             "\n"));
    expect_said("list", {"exit 2", "no pool is imported for recovery"});
    expect_said("import rpool", {"exit 2", "2 pools are called rpool", guid, own + " (this system's own)"});
    expect_said("import " + own, {"exit 3", "is the pool that this system runs from"});
    expect_said("import " + guid, {"exit 3", "was last used by another system", "which wrote on ", "--force"});
    expect_said("import --force --dry-run " + guid,
                {"zpool import -N -R " + place + " -f -d ", " -t " + guid + " " + here});
    EXPECT_EQ(answer(shell, "zpool list -H -o name"), "rpool");

    ASSERT_FALSE(HasFailure());

    SCOPED_TRACE("brought in");
    expect_said("import --force " + guid, {here + " is imported at " + place});
    expect_said("import " + guid, {"exit 3", "is imported already, as " + here});
    EXPECT_EQ(answer(shell, "/home/admin/kldload-tools krecovery list -H | cut -f1,2"),
              "default\tR\ngood\t-\ntried\t-");
    expect_said("activate default", {"exit 3", "default would not boot"});
    expect_said("activate good", {"good boots from now on", "rpool/ROOT/tried is not on trial any more"});
    expect_said("activate good --pool rpool", {"exit 3", "this system runs from"});

    ASSERT_FALSE(HasFailure());

    SCOPED_TRACE("a command in there");
    expect_said(
        "chroot good -- sh -c 'cat /srv/marker; findmnt -n -o SOURCE /; findmnt -n -o FSTYPE /boot/efi; exit 7'",
        {"from-the-patient", here + "/ROOT/good", "vfat", "exit 7"});
    expect_said("chroot --dry-run default", {"mount -t zfs -o zfsutil " + here + "/ROOT/default " + place});
    EXPECT_EQ(say("chroot good -- sh -c 'echo by-recovery > /etc/recovered; test -s /etc/resolv.conf && getent hosts "
                  "localhost >/dev/null && echo fine'"),
              "fine");
    // What a package starts in there must not keep the pool, or the export at the end would be refused.
    EXPECT_EQ(say("chroot good -- sh -c 'cd /srv; setsid sleep 10001 >/dev/null 2>&1 & echo left'"), "left");
    EXPECT_EQ(answer(shell, "pgrep -f '[s]leep 10001' || echo none"), "none");
    expect_nothing_mounted();

    SCOPED_TRACE("the boot files");
    // The image is one without updates of the menu, so this machine's are taken.
    expect_said("esp", {"exit 3", "good has no boot files of its own", "--from /boot/efi takes those of this system"});
    expect_said("esp --from /boot/efi --dry-run", {"put in place EFI/BOOT/BOOTX64.EFI"});
    const auto repaired = say("esp --from /boot/efi");
    EXPECT_NE(repaired.find("put in place EFI/BOOT/BOOTX64.EFI"), std::string::npos) << repaired;
    EXPECT_EQ(repaired.find("exit "), std::string::npos) << repaired;
    expect_said("esp --from /boot/efi",
                {"nothing to do: the boot files are those of the package", "EFI/BOOT/BOOTX64.EFI is shim"});
    expect_said("firmware", {"exit 3", "has efibootmgr"});
    answer(shell, "apt-get -qq update && apt-get -qq -y install efibootmgr >/dev/null");
    const auto entry = answer(shell, "lsblk -n -o PARTUUID /dev/vdb1");
    const auto entries = [&] {
        return answer(shell, "efibootmgr -v | grep -i " + entry + " | sed 's/^Boot\\(....\\).*/\\1/'");
    };
    expect_said("firmware --dry-run", {"efibootmgr --create --disk /dev/vdb --part 1 "});
    EXPECT_EQ(entries(), "");
    expect_said("firmware", {"the firmware boots this disk first"});
    const auto number = entries();
    EXPECT_EQ(number.size(), 4U) << number;
    EXPECT_EQ(answer(shell, "efibootmgr | sed -n 's/^BootOrder: \\(....\\).*/\\1/p'"), number);
    expect_said("firmware", {"the firmware has an entry already"});
    EXPECT_EQ(entries(), number) << "one is enough";
    expect_nothing_mounted();

    ASSERT_FALSE(HasFailure());

    SCOPED_TRACE("given back");
    // zfs(8) makes the directory that it mounts on.
    answer(shell, "zfs mount " + here + "/srv");
    expect_said("export", {here + " is exported"});
    EXPECT_EQ(answer(shell, "zpool list -H -o name; ls /run/krecovery"), "rpool");
    expect_nothing_mounted();
    expect_said("export", {"exit 2"});
    KLD_ASSERT_OK(guest->shut_down_by_ssh());

    SCOPED_TRACE("by itself again");
    ASSERT_NO_FATAL_FAILURE(boot(false));
    expect_healthy(shell, kGood);
    EXPECT_EQ(answer(shell, "zpool get -H -o value guid rpool; cat /etc/recovered"), guid + "\nby-recovery");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
