// SPDX-License-Identifier: BSD-3-Clause
// A kernel update by plain apt, without modules for the new kernel and with them.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";
const std::string kApt = "DEBIAN_FRONTEND=noninteractive apt-get -q -y ";

class Update : public testing::Test {
protected:
    void SetUp() override { make("debian-13-server-old"); }
    void make(const std::string& image) {
        auto options = test_image(image);
        KLD_ASSERT_OK(options);
        options->more_drives.push_back(packages_drive());
        auto made = Guest::make(*options);
        KLD_ASSERT_OK(made);
        guest = std::move(*made);
    }

    void boot() {
        KLD_ASSERT_OK(guest->power_on());
        KLD_ASSERT_OK(guest->wait_for_ssh());
        shell = over_ssh(*guest);
        expect_healthy(shell, kDefault);
        answer(shell, "mkdir -p /srv/packages /srv/kldload; mount -o ro /dev/disk/by-id/virtio-packages /srv/packages");
    }

    /// @param archive  below /srv/packages: "debian" has a new kernel
    void offer_kernel(const std::string& archive) {
        answer(shell,
               "set -e; rm -f /etc/apt/sources.list.d/debian.sources\n"
               "echo 'deb [trusted=yes] file:/srv/packages/" +
                   archive + " ./' > /etc/apt/sources.list.d/test.list; apt-get -q update");
    }
    /// The archive's new kernel, and the builder's packages as they were before or after it was published.
    void offer(const std::string& packages) {
        answer(shell, "set -e; umount /srv/kldload 2>/dev/null || true; mount --bind /srv/packages/" + packages +
                          " /srv/kldload");
        offer_kernel("debian");
    }
    void reboot() {
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
        ASSERT_NO_FATAL_FAILURE(boot());
    }

    void expect_kernels(const std::string& count) {
        EXPECT_EQ(answer(shell, "ls /boot | grep -c ^vmlinuz"), count);
        EXPECT_EQ(answer(shell, "ls /boot | grep -c ^initrd"), count);
    }
    std::string kernel() { return answer(shell, "uname -r"); }
    void expect_whole_dpkg() { EXPECT_EQ(answer(shell, "dpkg --audit"), ""); }

    std::unique_ptr<Guest> guest;
    RootShell shell;
};

/// A machine that compiles its modules.
class DkmsUpdate : public Update {
protected:
    void SetUp() override { make("debian-13-server-old-dkms"); }
    /// Which release dkms has installed modules for, one per line.
    std::string installed() {
        return answer(shell, "dkms status zfs | sed -n 's/.*, \\(.*\\), x86_64: installed$/\\1/p' | sort");
    }
};

}  // namespace

TEST_F(DkmsUpdate, AKernelThatZfsDoesNotCompileForIsLeftOut) {
    ASSERT_NO_FATAL_FAILURE(boot());
    const auto old = kernel();
    EXPECT_EQ(installed(), old);
    EXPECT_EQ(answer(shell, "modinfo -F filename zfs"), "/lib/modules/" + old + "/updates/dkms/zfs.ko.xz");
    EXPECT_EQ(answer(shell, "ls /var/lib/dkms | grep mok || true"), "") << "a key of the builder's";
    EXPECT_EQ(answer(shell, "ls /srv/packages/debian-13 | grep -c ^kldload-dkms_"), "1")
        << "published for such machines";
    offer_kernel("debian-broken");  // headers with which nothing compiles
    const auto told = answer(shell, kApt + "--with-new-pkgs upgrade 2>&1 || echo rc $?");
    EXPECT_NE(told.find("does not compile for the kernel"), std::string::npos) << told;
    EXPECT_NE(told.find("nothing was changed"), std::string::npos) << told;
    EXPECT_NE(told.find("rc 100"), std::string::npos) << told;
    expect_whole_dpkg();
    expect_kernels("1");
    answer(shell, kApt + "--with-new-pkgs upgrade");
    expect_whole_dpkg();
    expect_kernels("1");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_EQ(kernel(), old);
    // A person takes the ban back once there are better headers.
    const auto is_offered = [&] {
        return answer(shell, "apt-get -s --with-new-pkgs upgrade").find("\nInst linux-image-amd64 ") !=
               std::string::npos;
    };
    offer_kernel("debian");
    EXPECT_FALSE(is_offered());
    answer(shell, "rm /etc/apt/preferences.d/kldload-dkms.pref");
    EXPECT_TRUE(is_offered());
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(DkmsUpdate, AKernelThatZfsCompilesForComesWithItsModules) {
    ASSERT_NO_FATAL_FAILURE(boot());
    const auto old = kernel();
    offer_kernel("debian");
    // It compiles: minutes on hardware, an hour under emulation.
    KLD_ASSERT_OK(
        guest->ssh().check("sudo sh -c " + shell_quote(kApt + "--with-new-pkgs upgrade"), std::chrono::hours(3)));
    expect_whole_dpkg();
    expect_kernels("2");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_NE(kernel(), old);
    EXPECT_EQ(installed(), old + "\n" + kernel());
    // Not packed: when it was compiled, there was no module of the new kernel to do as it does.
    EXPECT_EQ(answer(shell, "modinfo -F filename zfs"), "/lib/modules/" + kernel() + "/updates/dkms/zfs.ko");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

TEST_F(Update, AKernelComesWithItsModulesOrNotAtAll) {
    ASSERT_NO_FATAL_FAILURE(boot());
    const auto old = kernel();
    EXPECT_EQ(answer(shell, "cat /etc/apt/sources.list.d/kldload.sources | head -n 3"),
              "Types: deb\nURIs: file:/srv/kldload\nSuites: ./");
    {
        SCOPED_TRACE("no modules for the new kernel");
        offer("debian-13-old");
        const auto wanted = answer(shell, "apt-cache policy linux-image-amd64");
        ASSERT_EQ(wanted.find("Candidate: (none)"), std::string::npos) << wanted;
        ASSERT_NE(answer(shell, "apt-cache madison linux-image-amd64 | wc -l"), "0")
            << "the archive has no newer kernel today";
        EXPECT_NE(answer(shell, kApt + "--with-new-pkgs upgrade").find("linux-image-amd64"), std::string::npos)
            << "apt says that it is kept back";
        expect_whole_dpkg();
        answer(shell, kApt + "full-upgrade");
        expect_whole_dpkg();
        expect_kernels("1");
        answer(shell, "dpkg -s kldload-kernel-amd64");
        ASSERT_NO_FATAL_FAILURE(reboot());
        EXPECT_EQ(kernel(), old);
    }
    SCOPED_TRACE("with modules");
    offer("debian-13");
    answer(shell, kApt + "--with-new-pkgs upgrade");
    expect_whole_dpkg();
    expect_kernels("2");
    ASSERT_NO_FATAL_FAILURE(reboot());
    EXPECT_NE(kernel(), old);
    EXPECT_EQ(answer(shell, "dpkg -S /usr/lib/modules/$(uname -r)/updates/kldload/zfs.ko* | cut -d: -f1 | sort -u"),
              "zfs-modules-" + kernel());
    EXPECT_EQ(answer(shell, "apt-mark showauto 'zfs-modules-*' | wc -l"), "2")
        << "apt may remove them with their kernel";
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace kld::test
