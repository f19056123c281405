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
    test::FakeFiles inside;
    inside.entries["/proc/self/mountinfo"] = {"inside"};
    inside.entries["/var/log/x"] = {"log"};
    FilesFromOutside files(inside, "outside");
    EXPECT_EQ(files.read("/proc/self/mountinfo").value(), "outside");
    EXPECT_EQ(files.read("/var/log/x").value(), "log");
    ASSERT_TRUE(files.append("/var/log/x", " more"));
    EXPECT_EQ(inside.entries.at("/var/log/x").bytes, "log more");
    ASSERT_TRUE(files.remove("/var/log/x"));
    EXPECT_EQ(files.kind("/var/log/x"), FileKind::none);
    EXPECT_FALSE(files.read("/var/log/x"));
}

}  // namespace
}  // namespace kld::be
