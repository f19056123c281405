// SPDX-License-Identifier: BSD-3-Clause
#include "base/confirm.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include "base/fd.h"

namespace kld {
namespace {

/// What comes of it when somebody types this at a terminal.
Status answered(const std::string& typed) {
    int master = -1, terminal = -1;
    if (::openpty(&master, &terminal, nullptr, nullptr, nullptr) != 0) return fail(errno_error("openpty", errno));
    const Fd ours(master), theirs(terminal);
    if (::write(master, typed.data(), typed.size()) != static_cast<ssize_t>(typed.size())) return fail("write");
    return confirm("3 packages change.", "nobody is there", terminal);
}

TEST(Confirm, OnlyYesIsAYes) {
    EXPECT_TRUE(answered("yes\n"));
    EXPECT_TRUE(answered("  yes \n"));
    for (const auto* other : {"\n", "y\n", "no\n", "YES\n", "yes please\n", "ye\n", "\x04"}) {
        const auto done = answered(other);
        ASSERT_FALSE(done) << other;
        EXPECT_EQ(done.error().code, ExitCode::refused);
        EXPECT_EQ(done.error().message, "the answer was not yes: nothing was changed");
    }
}

TEST(Confirm, WithoutATerminalNobodyIsAsked) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd from(ends[0]), into(ends[1]);
    ASSERT_EQ(::write(ends[1], "yes\n", 4), 4);
    const auto done = confirm("3 packages change.", "nobody is there", ends[0]);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ExitCode::refused);
    EXPECT_EQ(done.error().message, "nobody is there");
    EXPECT_EQ(done.error().hint, "--yes says it");
}

}  // namespace
}  // namespace kld
