// SPDX-License-Identifier: BSD-3-Clause
#include "vm/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "socket_pair.h"

namespace kld::vm {
namespace {

using namespace std::chrono_literals;

/// A terminal: the person's side and the program's side.
struct Terminal {
    Terminal() {
        int person_fd = -1;
        int program_fd = -1;
        EXPECT_EQ(::openpty(&person_fd, &program_fd, nullptr, nullptr, nullptr), 0);
        person = Fd(person_fd);
        program = Fd(program_fd);
    }
    bool canonical() const {
        termios now{};
        EXPECT_EQ(::tcgetattr(program.get(), &now), 0);
        return (now.c_lflag & ICANON) != 0;
    }
    Fd person;
    Fd program;
};

/// Runs attach_terminal beside the test.
struct Attached {
    Attached(const Fd& serial, int input, int output)
        : thread([this, &serial, input, output] { left = attach_terminal(serial, input, output); }) {}
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    Left end() {
        thread.join();
        EXPECT_TRUE(left) << render(left.error());
        return *left;
    }
    Result<Left> left = Left::signal;
    std::thread thread;
};

TEST(Terminal, TypesAndShowsUntilTheLeaveKey) {
    Terminal terminal;
    test::SocketPair pair;
    Attached attached(pair.theirs, terminal.program.get(), terminal.program.get());
    pair.say("login: ");
    EXPECT_EQ(read_some(terminal.person, 5s).value(), "login: ");
    EXPECT_FALSE(terminal.canonical());
    ASSERT_TRUE(terminal.person.write_all("root\x03"));  // Ctrl-C belongs to the machine
    EXPECT_EQ(read_some(pair.ours, 5s).value(), "root\x03");
    ASSERT_TRUE(
        terminal.person.write_all("x\x1d"
                                  "y"));
    EXPECT_EQ(attached.end(), Left::person);
    EXPECT_EQ(pair.heard(), "x");
    EXPECT_TRUE(terminal.canonical());
}

TEST(Terminal, EndsWithTheMachine) {
    Terminal terminal;
    test::SocketPair pair;
    Attached attached(pair.theirs, terminal.program.get(), terminal.program.get());
    pair.ours.reset();
    EXPECT_EQ(attached.end(), Left::machine_ended);
    EXPECT_TRUE(terminal.canonical());
}

TEST(Terminal, InputThatEndsDoesNotEndTheMachine) {
    test::SocketPair pair;
    test::SocketPair screen;
    auto null = Fd::open("/dev/null", O_RDONLY);
    ASSERT_TRUE(null);
    Attached attached(pair.theirs, null->get(), screen.theirs.get());
    pair.say("booting");
    EXPECT_EQ(read_some(screen.ours, 5s).value(), "booting");
    std::this_thread::sleep_for(50ms);
    pair.say(" still");
    EXPECT_EQ(read_some(screen.ours, 5s).value(), " still");
    pair.ours.reset();
    EXPECT_EQ(attached.end(), Left::machine_ended);
}

TEST(Terminal, PipedInputMayHoldTheLeaveKey) {
    test::SocketPair pair;
    test::SocketPair keyboard;
    test::SocketPair screen;
    Attached attached(pair.theirs, keyboard.theirs.get(), screen.theirs.get());
    keyboard.say(
        "a\x1d"
        "b");
    EXPECT_EQ(read_some(pair.ours, 5s).value(),
              "a\x1d"
              "b");
    pair.ours.reset();
    EXPECT_EQ(attached.end(), Left::machine_ended);
}

TEST(Terminal, SignalsRestoreTheTerminalFirst) {
    Terminal terminal;
    test::SocketPair pair;
    Attached attached(pair.theirs, terminal.program.get(), terminal.program.get());
    pair.say(".");
    ASSERT_EQ(read_some(terminal.person, 5s).value(), ".");
    ::pthread_kill(attached.thread.native_handle(), SIGTERM);
    EXPECT_EQ(attached.end(), Left::signal);
    EXPECT_TRUE(terminal.canonical());
}

}  // namespace
}  // namespace kld::vm
