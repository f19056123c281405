// SPDX-License-Identifier: BSD-3-Clause
// Whole images: firmware, menu, kexec, ZFS root; first boot on a bigger disk, and a second boot.
#include <gtest/gtest.h>

#include <chrono>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBigDisk = 20ULL << 30;

void expect_grown(const RootShell& shell) {
    const auto size = shell("zpool list -H -p -o size rpool");
    ASSERT_TRUE(size.has_value());
    const auto bytes = parse_number(trim(*size));
    ASSERT_TRUE(bytes.has_value()) << *size;
    EXPECT_GT(*bytes, 18ULL << 30) << "the pool did not grow to the disk of 20 GiB";
}

/// What must be the machine's own, and stay the same at the next boot.
std::string identity(const RootShell& shell) {
    const auto text = shell(
        "cat /etc/machine-id; od -An -tx4 /etc/hostid; zpool get -H -o value guid rpool; cat "
        "/etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || true");
    return text ? *text : render(text.error());
}

void boots_twice_over_serial(const std::string& image) {
    auto options = test_image(image);
    KLD_ASSERT_OK(options);
    options->disk_bytes = kBigDisk;
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    std::string first;
    for (const bool again : {false, true}) {
        SCOPED_TRACE(again ? "second boot" : "first boot");
        KLD_ASSERT_OK((*guest)->power_on());
        auto shell = (*guest)->login("root", kRootPassword);
        KLD_ASSERT_OK(shell);
        expect_healthy(over_serial(*shell), "rpool/ROOT/default");
        if (!again) expect_stock(over_serial(*shell));
        EXPECT_EQ(answer(*shell, "hostname"), image);
        expect_grown(over_serial(*shell));
        const auto own = identity(over_serial(*shell));
        if (again) {
            EXPECT_EQ(own, first);
        }
        first = own;
        KLD_ASSERT_OK((*guest)->shut_down(*shell));
    }
}

TEST(System, Debian13CoreBootsTwiceAndUsesABiggerDisk) {
    boots_twice_over_serial("debian-13-core");
}

TEST(System, Debian12CoreBootsTwiceAndUsesABiggerDisk) {
    boots_twice_over_serial("debian-12-core");
}

TEST(System, Debian13ServerAnswersOnSshAndBootsTwice) {
    auto options = test_image("debian-13-server");
    KLD_ASSERT_OK(options);
    options->disk_bytes = kBigDisk;
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    std::string first;
    for (const bool again : {false, true}) {
        SCOPED_TRACE(again ? "second boot" : "first boot");
        KLD_ASSERT_OK((*guest)->power_on());
        KLD_ASSERT_OK((*guest)->wait_for_ssh());
        const auto shell = over_ssh(**guest);
        expect_healthy(shell, "rpool/ROOT/default");
        if (!again) expect_stock(shell);
        EXPECT_EQ(answer(shell, "hostname"), "debian-13-server");
        expect_grown(shell);
        const auto own = identity(shell);
        EXPECT_NE(own.find("ssh-ed25519 "), std::string::npos) << own;
        if (again) {
            EXPECT_EQ(own, first);
        }
        first = own;
        const auto tools = shell("command -v nmcli wg chronyc sanoid");
        EXPECT_TRUE(tools.has_value()) << render(tools.error());
        const auto compiler = shell("command -v gcc cc make dkms || echo none");
        EXPECT_EQ(trim(compiler.value_or("")), "none") << "no compiler on the target";
        KLD_ASSERT_OK((*guest)->shut_down_by_ssh());
    }
}

}  // namespace
}  // namespace kld::test
