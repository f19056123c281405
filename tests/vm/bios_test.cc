// SPDX-License-Identifier: BSD-3-Clause
// A machine whose firmware is a BIOS says why it does not start.
#include <gtest/gtest.h>

#include "vm/support/screen.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

TEST(Bios, IsToldThatTheDiskStartsByUefiAndGoesOn) {
    auto options = test_image("debian-13-core");
    KLD_ASSERT_OK(options);
    options->bios = true;
    options->network = false;
    auto guest = Guest::make(*options);
    KLD_ASSERT_OK(guest);
    KLD_ASSERT_OK((*guest)->power_on());
    auto& console = (*guest)->console();
    KLD_ASSERT_OK(console.expect(vm::text("kldload: this disk starts by UEFI"), 120s));
    KLD_ASSERT_OK(console.expect(vm::text("Any key tries the next device."), 10s));
    // The BIOS's own two rows, ours, and perhaps the cursor.
    EXPECT_GE(rows_on_screen(**guest, 5), 5U);
    EXPECT_LE(rows_on_screen(**guest, 5), 6U);
    KLD_ASSERT_OK(console.send("x"));
    // "Booting from …", that it failed, and that there is no other.
    EXPECT_GE(rows_on_screen(**guest, 8), 8U);
}

}  // namespace
}  // namespace kld::test
