// SPDX-License-Identifier: BSD-3-Clause
#include "base/alone.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/fd.h"
#include "base/files.h"
#include "base/text.h"

namespace kld {
namespace {

/// What a shell in there said, and its exit code.
struct Said {
    int code = -1;
    std::string text{};
    bool all_gone = false;  ///< nobody holds the other end of its output any more
};

std::size_t mounts_on_proc() {
    std::size_t count = 0;
    for (const auto& line : lines(RealFiles().read("/proc/self/mountinfo").value_or("")))
        count += words(line)[4] == "/proc" ? 1 : 0;
    return count;
}

class Alone : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root has process tables to give";
    }
    static Said say(const std::string& script) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        const Fd from(ends[0]);
        Fd to(ends[1]);
        const auto code = run_alone({.argv = {"sh", "-c", script}, .stdout_fd = to.get()}, "/");
        EXPECT_TRUE(code.has_value()) << render(code.error());
        to.reset();
        Said said{code.value_or(-1)};
        pollfd ready{from.get(), POLLIN, 0};
        while (::poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
            std::array<char, 4096> buffer{};
            const auto count = ::read(from.get(), buffer.data(), buffer.size());
            if (count <= 0) break;
            said.text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        said.all_gone = (ready.revents & POLLHUP) != 0;
        return said;
    }
};

TEST_F(Alone, TheExitCodeAndTheSignalComeBack) {
    EXPECT_EQ(say("exit 7").code, 7);
    EXPECT_EQ(say("kill -TERM $$").code, 128 + SIGTERM);
    const auto none = run_alone({.argv = {"/no/such/program"}}, "/");
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().message, "cannot start /no/such/program: No such file or directory");
}

TEST_F(Alone, WhatIsLeftRunningEndsWithIt) {
    const auto said =
        say("setsid sleep 300 & (setsid sh -c 'trap \"\" TERM HUP; sleep 300; sleep 300' &) ; echo started");
    EXPECT_EQ(said.text, "started\n");
    EXPECT_TRUE(said.all_gone);
}

TEST_F(Alone, SeesItsOwnProcessesOnly) {
    const auto before = mounts_on_proc();
    EXPECT_EQ(say("echo /proc/[0-9]*").text, "/proc/1 /proc/2\n");
    EXPECT_EQ(say("echo $$").text, "2\n") << "signals work as for any other program";
    EXPECT_EQ(mounts_on_proc(), before) << "its /proc is nobody else's";
}

TEST_F(Alone, OthersStartInTheTableThatWasBefore) {
    EXPECT_EQ(say("true").code, 0);
    ProcessRunner runner;
    const auto other = runner.run({.argv = {"sh", "-c", "echo $PPID"}});
    ASSERT_TRUE(other.has_value()) << render(other.error());
    EXPECT_EQ(trim(other->out), std::to_string(::getpid()));
}

TEST_F(Alone, ARootWithoutProcIsAnError) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    EXPECT_FALSE(run_alone({.argv = {"true"}}, directory->path()).has_value());
}

}  // namespace
}  // namespace kld
