// SPDX-License-Identifier: BSD-3-Clause
// Two connected sockets: one for the code under test, one for the test to play the other side.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "base/fd.h"
#include "vm/socket.h"

namespace kld::vm::test {

struct SocketPair {
    SocketPair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours = Fd(ends[0]);
        theirs = Fd(ends[1]);
    }
    void say(std::string_view bytes) const { EXPECT_TRUE(ours.write_all(bytes)); }
    /// What the code under test has sent so far.
    std::string heard() const { return read_some(ours, std::chrono::milliseconds(0)).value_or("(closed)"); }

    Fd ours;
    Fd theirs;
};

}  // namespace kld::vm::test
