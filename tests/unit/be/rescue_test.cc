// SPDX-License-Identifier: BSD-3-Clause
#include "be/rescue.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::be {
namespace {

TEST(Rescue, IsForARootWhoseProgramsDoNotStart) {
    test::ReplayRunner runner;
    runner.expect({"zfs", "version"}, "zfs-2.3.9-1\nzfs-kmod-2.3.9-1\n");
    EXPECT_TRUE(programs_work(runner));
    runner.expect({"zfs", "version"}, {}, 127, "zfs: error while loading shared libraries: libc.so.6");
    EXPECT_FALSE(programs_work(runner));
}

TEST(Rescue, WhatIsMountedIsSaidAsItWasOutside) {
    FilesFromOutside files("outside");
    EXPECT_EQ(files.read("/proc/self/mountinfo").value(), "outside");
    EXPECT_NE(files.read("/proc/self/status").value().find("Name:"), std::string::npos) << "all else is as it is";
}

}  // namespace
}  // namespace kld::be
