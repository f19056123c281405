// SPDX-License-Identifier: BSD-3-Clause
// kupgrade on a booted machine, from an older kernel to a newer one: in place, in a clone, and into a system that would
// not boot.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Upgrade : public testing::Test {
protected:
    void SetUp() override {
        auto options = test_image("debian-13-server-old");
        KLD_ASSERT_OK(options);
        // Two kernels and a snapshot of the time before.
        options->disk_bytes = kBigDisk;
        options->more_drives.push_back(packages_drive());
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
    }
    void boot(const std::string& dataset) {
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        shell = over_ssh(*guest);
        expect_healthy(shell, dataset);
        answer(shell, "mkdir -p /srv/packages /srv/kldload; mount -o ro /dev/disk/by-id/virtio-packages /srv/packages");
    }
    /// The image has no tools: the static program under three of its names.
    void first_boot() {
        ASSERT_NO_FATAL_FAILURE(boot(kDefault));
        KLD_ASSERT_OK(guest->ssh().copy_to(std::string(KLD_BIN_DIR) + "/kldload-tools", "/home/admin/kldload-tools"));
        answer(shell,
               "set -e; install -D -m 0755 /home/admin/kldload-tools /usr/lib/kldload/kldload-tools\n"
               "for tool in kupgrade kbe kpkg; do ln -s ../lib/kldload/kldload-tools /usr/bin/$tool; done\n"
               "rm -f /etc/apt/sources.list.d/debian.sources");
    }
    /// What brings a trial to its end, as the package of the tools has it.
    void enable_trials() {
        for (const std::string unit :
             {"kldload-trial.service", "kldload-trial-timeout.timer", "kldload-trial-timeout.service"})
            KLD_ASSERT_OK(guest->ssh().copy_to(
                std::string(KLD_SOURCE_DIR) + "/packaging/features/tools/usr/lib/systemd/system/" + unit,
                "/home/admin/" + unit));
        answer(shell,
               "set -e; cd /home/admin; chown root:root kldload-trial*; mv kldload-trial* /etc/systemd/system\n"
               "systemctl -q daemon-reload; systemctl -q enable kldload-trial.service kldload-trial-timeout.timer");
    }
    /// The unit has kept what runs.
    void wait_for_the_end_of_the_trial() {
        answer(shell, "until systemctl -q is-active kldload-trial.service; do sleep 1; done");
    }
    void reboot(const std::string& dataset) {
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
        ASSERT_NO_FATAL_FAILURE(boot(dataset));
    }
    /// The distribution's new kernel, and the builder's packages as they were before or after it was published.
    void offer(const std::string& packages) {
        answer(shell, "set -e; umount /srv/kldload 2>/dev/null || true; mount --bind /srv/packages/" + packages +
                          " /srv/kldload\n"
                          "echo 'deb [trusted=yes] file:/srv/packages/debian ./' > /etc/apt/sources.list.d/test.list\n"
                          "apt-get -q update");
    }
    /// The same, and all else that has become newer since.
    void offer_all() {
        offer("debian-13");
        answer(shell,
               "echo 'deb [trusted=yes] file:/srv/packages/debian-others ./' > /etc/apt/sources.list.d/others.list\n"
               "apt-get -q update");
    }
    /// Each package that is installed is as new as the sources have it.
    void expect_all_current() {
        EXPECT_EQ(answer(shell, "apt-get -q -s dist-upgrade | grep -e ^Inst -e ^Conf || true"), "");
    }
    /// A package in /srv/local, as one of the machine's sources.
    void offer_local(const std::string& package) {
        answer(shell, "set -e; cd /srv/local; package=" + package + R"sh(
{
	dpkg-deb -f "$package"
	echo "Filename: ./$package"
	echo "Size: $(stat -c %s "$package")"
	echo "SHA256: $(sha256sum "$package" | cut -d' ' -f1)"
} > Packages
echo 'deb [trusted=yes] file:/srv/local ./' > /etc/apt/sources.list.d/local.list
apt-get -q update)sh");
    }
    /// A newer package of the boot files. One of them is another: the builder's certificate has a byte more.
    void offer_newer_menu() {
        answer(shell, R"sh(set -e; mkdir -p /srv/local; cd /srv/local
apt-get -q download kldload-menu
dpkg-deb -R kldload-menu_*.deb menu
rm kldload-menu_*.deb
sed -i 's/^Version: .*/&+test/' menu/DEBIAN/control
echo >> "$(find menu -name builder.der)"
dpkg-deb --root-owner-group -Znone -b menu menu.deb
rm -r menu)sh");
        ASSERT_NO_FATAL_FAILURE(offer_local("menu.deb"));
    }
    /// Bytes of the builder's certificate on the EFI system partition.
    int certificate() { return std::stoi(answer(shell, "stat -c %s /boot/efi/EFI/kldload/builder.der")); }
    /// What a command says and its exit code, when that is not 0.
    std::string said(const std::string& command) { return answer(shell, "(" + command + ") 2>&1 || echo \"exit $?\""); }
    static void expect_in(const std::string& all, const std::string& text) {
        EXPECT_NE(all.find(text), std::string::npos) << text << " is not in:\n" << all;
    }
    void expect_kernels(const std::string& count) {
        EXPECT_EQ(answer(shell, "ls /boot | grep -c ^vmlinuz"), count);
        EXPECT_EQ(answer(shell, "ls /boot | grep -c ^initrd"), count);
    }
    std::string kernel() { return answer(shell, "uname -r"); }
    std::string bootfs() { return answer(shell, "zpool get -H -o value bootfs rpool"); }
    /// Names of boot environments that a run has made.
    std::string made(const std::string& word) {
        return answer(shell, "kbe list -H | cut -f1 | grep -e -" + word + "- || true");
    }
    void expect_nothing_left() {
        EXPECT_EQ(answer(shell, "kbe list -H | cut -f1"), "default");
        EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -o name rpool/ROOT/default | grep -c upgrade- || true"), "0");
        EXPECT_EQ(bootfs(), kDefault);
        EXPECT_EQ(answer(shell, "ls -d /run/kldload-upgrade.* /run/kldload/kupgrade.pref 2>/dev/null || true"), "");
    }

    std::unique_ptr<Guest> guest;
    RootShell shell;
};

TEST_F(Upgrade, InPlaceWithAnEnvironmentToReturnTo) {
    ASSERT_NO_FATAL_FAILURE(first_boot());
    ASSERT_NO_FATAL_FAILURE(enable_trials());
    const auto old = kernel();
    {
        SCOPED_TRACE("a kernel without modules, and nothing but kupgrade that keeps it away");
        offer("debian-13-old");
        answer(shell, "apt-get -q -y --allow-remove-essential remove kldload-kernel-amd64");
        expect_in(said("kupgrade --dry-run"), "is left out of this run: no zfs-modules-");
        const auto told = said("kupgrade --yes");
        expect_in(told, "is left out of this run: no zfs-modules-");
        expect_in(told, "nothing was upgraded");
        expect_kernels("1");
        expect_nothing_left();
        answer(shell, "apt-get -q -y install kldload-kernel-amd64");
        expect_kernels("1");
    }
    SCOPED_TRACE("with modules");
    offer_all();
    // What apt would do for a person that calls it, it does not do for kupgrade.
    answer(shell, "kpkg hooks on");
    expect_in(said("kupgrade < /dev/null"), "exit 3");
    expect_nothing_left();
    const auto told = said("kupgrade --yes");
    expect_in(told, "restart the machine for the kernel");
    const auto before = made("pre-upgrade");
    expect_in(told, "kbe activate " + before + " goes back");
    ASSERT_TRUE(before.starts_with("default-pre-upgrade-")) << before;
    expect_in(told, "default is on trial: unless it proves itself in 3 boots, " + before + " boots");
    expect_in(said("kupgrade --yes"), "nothing was upgraded");
    EXPECT_EQ(bootfs(), "rpool/ROOT/" + before) << "until the new kernel has come up";
    EXPECT_EQ(answer(shell, "kbe list -H | awk '$1 == \"default\" {print $2}'"), "NT");
    expect_kernels("2");
    EXPECT_EQ(answer(shell, "dpkg --audit"), "");
    expect_all_current();
    EXPECT_EQ(answer(shell, "kpkg history -H | tail -n 1 | cut -f4,6"), "done\tkupgrade");
    EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -o name rpool/ROOT/default | grep -c '@kpkg-' || true"), "0");

    ASSERT_NO_FATAL_FAILURE(reboot(kDefault));
    EXPECT_NE(kernel(), old);
    wait_for_the_end_of_the_trial();
    EXPECT_EQ(bootfs(), kDefault);
    offer("debian-13");
    expect_in(said("kupgrade --yes"), "nothing was upgraded");
    expect_in(said("kbe activate " + before), "boots from now on");
    ASSERT_NO_FATAL_FAILURE(reboot("rpool/ROOT/" + before));
    EXPECT_EQ(kernel(), old);
    expect_kernels("1");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Upgrade, IntoAnUnbootableSystemBootsTheOneFromBefore) {
    ASSERT_NO_FATAL_FAILURE(first_boot());
    // A package whose newer version takes away what the root's pool is imported with.
    answer(shell, R"sh(set -e; rm -f /etc/apt/sources.list.d/*; mkdir -p /srv/local/evil/DEBIAN; cd /srv/local
control() {
	printf 'Package: evil\nVersion: %s\nArchitecture: all\nMaintainer: nobody <root@localhost>\n' $1
	echo 'Description: for a test'
}
control 1 > evil/DEBIAN/control; dpkg-deb -b evil evil.deb; dpkg -i evil.deb
control 2 > evil/DEBIAN/control; printf '#!/bin/sh\nrm -f /etc/hostid\n' > evil/DEBIAN/postinst
chmod 0755 evil/DEBIAN/postinst; dpkg-deb -b evil evil.deb)sh");
    ASSERT_NO_FATAL_FAILURE(offer_local("evil.deb"));
    {
        SCOPED_TRACE("in a clone: nothing of it stays");
        const auto told = said("kupgrade --staged --yes");
        expect_in(told, "B08: there is no /etc/hostid");
        expect_in(told, "the clone was destroyed again, and the next boot is the same as before");
        expect_in(told, "exit 1");
        expect_nothing_left();
        EXPECT_EQ(answer(shell, "dpkg-query -W -f '${Version}' evil; test -e /etc/hostid"), "1");
    }
    const auto told = said("kupgrade --yes");
    expect_in(told, "B08: there is no /etc/hostid");
    expect_in(told, "exit 1");
    const auto before = made("pre-upgrade");
    expect_in(told, "the next boot is put back: " + before + " boots");
    EXPECT_EQ(bootfs(), "rpool/ROOT/" + before);
    EXPECT_EQ(answer(shell, "kpkg history -H | tail -n 1 | cut -f4"), "failed");
    ASSERT_NO_FATAL_FAILURE(reboot("rpool/ROOT/" + before));
    EXPECT_EQ(answer(shell, "dpkg-query -W -f '${Version}' evil; test -e /etc/hostid"), "1");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Upgrade, StagedInACloneWhileTheSystemRunsOnUnchanged) {
    ASSERT_NO_FATAL_FAILURE(first_boot());
    ASSERT_NO_FATAL_FAILURE(enable_trials());
    const auto old = kernel();
    offer_all();
    ASSERT_NO_FATAL_FAILURE(offer_newer_menu());
    answer(shell, "kpkg hooks on");
    const int certificate_before = certificate();
    const auto ask = "dpkg-query -W | sha256sum; ls -l /boot | sha256sum; systemctl show -p ActiveEnterTimestamp ssh";
    const auto unchanged = answer(shell, ask);
    expect_in(said("kupgrade --staged --dry-run"), "chroot /run/kldload-upgrade.XXXXXX apt-get dist-upgrade -y");
    expect_nothing_left();
    const auto told = said("kupgrade --staged --yes");
    const auto clone = made("upgrade");
    ASSERT_TRUE(clone.starts_with("default-upgrade-")) << clone << "\n" << told;
    expect_in(told, clone + " boots next");
    expect_in(told, "default runs on, unchanged, until the machine is restarted");
    EXPECT_EQ(answer(shell, ask), unchanged);
    EXPECT_EQ(answer(shell, "findmnt -rn | grep -c kldload-upgrade || true; ls -d /run/kldload-upgrade.* || true"),
              "0");
    EXPECT_EQ(answer(shell, "kpkg history -H | cut -f4,6"), "done\tkupgrade --staged");

    ASSERT_NO_FATAL_FAILURE(reboot("rpool/ROOT/" + clone));
    EXPECT_NE(kernel(), old);
    expect_kernels("2");
    EXPECT_EQ(answer(shell, "dpkg --audit; ls /usr/sbin/policy-rc.d* 2>/dev/null || true"), "");
    expect_in(said("kbe check"), " 0 failed, 0 unknown");
    expect_all_current();

    // The new boot files wait for the start after the trial: the other system would be started by them, too.
    EXPECT_EQ(certificate(), certificate_before);
    wait_for_the_end_of_the_trial();
    EXPECT_EQ(bootfs(), "rpool/ROOT/" + clone);
    ASSERT_NO_FATAL_FAILURE(reboot("rpool/ROOT/" + clone));
    EXPECT_EQ(
        answer(shell, "systemctl is-failed kldload-esp.service; test -e /var/lib/kldload/esp-pending || echo gone"),
        "inactive\ngone");
    EXPECT_EQ(certificate(), certificate_before + 1);
    EXPECT_EQ(answer(shell, "stat -c %s /boot/efi/EFI/kldload/previous/builder.der"),
              std::to_string(certificate_before));
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
