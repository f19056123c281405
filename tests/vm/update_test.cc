// SPDX-License-Identifier: BSD-3-Clause
// A kernel update by plain apt, without modules for the new kernel and with them.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

constexpr const char* kDefault = "rpool/ROOT/default";

class Update : public testing::Test {
protected:
    void SetUp() override {
        auto options = test_image("debian-13-server-old");
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

    /// The archive's new kernel, and the builder's packages as they were before or after it was published.
    void offer(const std::string& packages) {
        answer(shell,
               "set -e; rm -f /etc/apt/sources.list.d/debian.sources\n"
               "echo 'deb [trusted=yes] file:/srv/packages/debian ./' > /etc/apt/sources.list.d/test.list\n"
               "umount /srv/kldload 2>/dev/null || true; mount --bind /srv/packages/" +
                   packages + " /srv/kldload; apt-get -q update");
    }

    std::string kernel() { return answer(shell, "uname -r"); }
    void expect_whole_dpkg() { EXPECT_EQ(answer(shell, "dpkg --audit"), ""); }

    std::unique_ptr<Guest> guest;
    RootShell shell;
};

}  // namespace

TEST_F(Update, AKernelComesWithItsModulesOrNotAtAll) {
    ASSERT_NO_FATAL_FAILURE(boot());
    const auto old = kernel();
    EXPECT_EQ(answer(shell, "cat /etc/apt/sources.list.d/kldload.sources | head -n 3"),
              "Types: deb\nURIs: file:/srv/kldload\nSuites: ./");
    const std::string upgrade = "DEBIAN_FRONTEND=noninteractive apt-get -q -y ";
    {
        SCOPED_TRACE("no modules for the new kernel");
        offer("debian-13-old");
        const auto wanted = answer(shell, "apt-cache policy linux-image-amd64");
        ASSERT_EQ(wanted.find("Candidate: (none)"), std::string::npos) << wanted;
        ASSERT_NE(answer(shell, "apt-cache madison linux-image-amd64 | wc -l"), "0")
            << "the archive has no newer kernel today";
        EXPECT_NE(answer(shell, upgrade + "--with-new-pkgs upgrade").find("linux-image-amd64"), std::string::npos)
            << "apt says that it is kept back";
        expect_whole_dpkg();
        answer(shell, upgrade + "full-upgrade");
        expect_whole_dpkg();
        EXPECT_EQ(answer(shell, "ls /boot | grep -c ^vmlinuz"), "1");
        answer(shell, "dpkg -s kldload-kernel-amd64");
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
        ASSERT_NO_FATAL_FAILURE(boot());
        EXPECT_EQ(kernel(), old);
    }
    SCOPED_TRACE("with modules");
    offer("debian-13");
    answer(shell, upgrade + "--with-new-pkgs upgrade");
    expect_whole_dpkg();
    EXPECT_EQ(answer(shell, "ls /boot | grep -c ^vmlinuz"), "2");
    EXPECT_EQ(answer(shell, "ls /boot | grep -c ^initrd"), "2");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
    ASSERT_NO_FATAL_FAILURE(boot());
    EXPECT_NE(kernel(), old);
    EXPECT_EQ(answer(shell, "dpkg -S /usr/lib/modules/$(uname -r)/updates/kldload/zfs.ko* | cut -d: -f1 | sort -u"),
              "zfs-modules-" + kernel());
    EXPECT_EQ(answer(shell, "apt-mark showauto 'zfs-modules-*' | wc -l"), "2")
        << "apt may remove them with their kernel";
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace kld::test
