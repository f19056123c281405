// SPDX-License-Identifier: BSD-3-Clause
// What takes long: many boots in a row, and the disk controllers that real machines have.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

TEST(Boots, TwentyInARow) {
    const auto options = test_image("debian-13-server");
    KLD_ASSERT_OK(options);
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    for (int boot = 1; boot <= 20; ++boot) {
        SCOPED_TRACE("boot " + std::to_string(boot));
        KLD_ASSERT_OK((*guest)->power_on());
        KLD_ASSERT_OK((*guest)->wait_for_ssh());
        const auto shell = over_ssh(**guest);
        expect_healthy(shell, "rpool/ROOT/default");
        EXPECT_EQ(answer(shell, "journalctl --list-boots --no-pager -q | wc -l"), std::to_string(boot));
        if (HasFailure()) return;
        KLD_ASSERT_OK((*guest)->shut_down_by_ssh());
    }
}

class Controller : public testing::TestWithParam<vm::Bus> {};

TEST_P(Controller, IsBootedFrom) {
    auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    options->bus = GetParam();
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    auto shell = (*guest)->login("root", kRootPassword);
    KLD_ASSERT_OK(shell);
    expect_healthy(over_serial(*shell), "rpool/ROOT/default");
    KLD_ASSERT_OK((*guest)->shut_down(*shell));
}

INSTANTIATE_TEST_SUITE_P(Of, Controller,
                         testing::Values(vm::Bus::virtio_scsi, vm::Bus::nvme, vm::Bus::ahci, vm::Bus::usb),
                         [](const auto& param) {
                             switch (param.param) {
                                 case vm::Bus::virtio_scsi:
                                     return "VirtioScsi";
                                 case vm::Bus::nvme:
                                     return "Nvme";
                                 case vm::Bus::ahci:
                                     return "Ahci";
                                 case vm::Bus::usb:
                                     return "Usb";
                                 default:
                                     return "Virtio";
                             }
                         });

}  // namespace
}  // namespace kld::test
