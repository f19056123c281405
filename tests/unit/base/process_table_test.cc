// SPDX-License-Identifier: BSD-3-Clause
#include "base/process_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/fakes.h"

namespace kld {
namespace {

TEST(ProcessTable, OfThisProcess) {
    RealFiles files;
    EXPECT_EQ(read_process(files, ::getpid()).parent, ::getppid());
    const auto mark = process_mark(files, ::getpid());
    EXPECT_TRUE(mark.starts_with(std::to_string(::getpid()) + "-")) << mark;
    EXPECT_TRUE(is_running(files, mark));
    EXPECT_FALSE(is_running(files, std::to_string(::getpid()) + "-1")) << "another one of this number";
}

TEST(ProcessTable, NamesMayHaveAnything) {
    test::FakeFiles files;
    files.entries["/proc/7/stat"] = {"7 (a) R (b) S 3 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 88123 1 2\n"};
    const auto process = read_process(files, 7);
    EXPECT_EQ(process.name, "a) R (b");
    EXPECT_EQ(process.parent, 3);
    EXPECT_EQ(process_mark(files, 7), "7-88123");
    files.entries["/proc/8/stat"] = {"8 (cut"};
    EXPECT_EQ(read_process(files, 8).name, "");
}

TEST(ProcessTable, WhatIsGoneHasNoMark) {
    test::FakeFiles files;
    EXPECT_EQ(process_mark(files, 7), "");
    for (const auto* mark : {"", "-", "x", "7", "7-88123", "99999999999999999999-1", "4294967303-88123"})
        EXPECT_FALSE(is_running(files, mark)) << mark;
}

}  // namespace
}  // namespace kld
