// SPDX-License-Identifier: BSD-3-Clause
#include "vm/shell.h"

#include <poll.h>

#include <atomic>
#include <thread>

#include "socket_pair.h"

namespace kld::vm {
namespace {

using namespace std::chrono_literals;

/// Plays a machine on the other end: for each piece of text that it hears, it says the next answer.
class Script {
public:
    struct Step {
        std::string hear;
        std::string say;
    };
    Script(Fd fd, std::vector<Step> steps)
        : fd_(std::move(fd)), thread_([this, steps = std::move(steps)] { play(steps); }) {}
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        stop_ = true;
        thread_.join();
    }
    std::string heard() const { return heard_; }

private:
    void play(const std::vector<Step>& steps) {
        std::size_t from = 0;
        for (const auto& step : steps) {
            while (heard_.find(step.hear, from) == std::string::npos) {
                if (stop_) return;
                heard_ += read_some(fd_, 20ms).value_or("");
            }
            from = heard_.find(step.hear, from) + step.hear.size();
            static_cast<void>(fd_.write_all(step.say));
        }
    }
    Fd fd_;
    std::string heard_{};
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

const std::vector<Script::Step> kAdoption{
    {"end-1", "printf '\\n<%s>\\n' begin-1; ( true\r\n\r\n<begin-1>\r\n\r\n<end-1 0>\r\n# "},
    {"stty -echo", "# "},
    {"end-2", "\r\n<begin-2>\r\n\r\n<end-2 0>\r\n# "}};

std::vector<Script::Step> after_adoption(std::vector<Script::Step> more) {
    auto steps = kAdoption;
    steps.insert(steps.end(), more.begin(), more.end());
    return steps;
}

TEST(SerialShell, RunsACommandAndTakesItsOutputApart) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    Script machine(std::move(pair.ours),
                   after_adoption({{"end-3", "\r\n<begin-3>\r\none\r\n<end-2 0>\r\ntwo\r\n\r\n<end-3 7>\r\n# "}}));
    auto shell = SerialShell::adopt(console, 5s);
    ASSERT_TRUE(shell) << render(shell.error());
    const auto result = shell->run("cat f; exit 7", 5s);
    ASSERT_TRUE(result) << render(result.error());
    EXPECT_EQ(result->exit_code, 7);
    EXPECT_EQ(result->output, "one\n<end-2 0>\ntwo\n");
}

TEST(SerialShell, CheckNamesCommandExitAndOutput) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    Script machine(std::move(pair.ours),
                   after_adoption({{"end-3", "\r\n<begin-3>\r\nno such pool\r\n\r\n<end-3 1>\r\n# "}}));
    auto shell = SerialShell::adopt(console, 5s);
    ASSERT_TRUE(shell);
    const auto output = shell->check("zpool status x", 5s);
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().message, "in the machine: 'zpool status x' → exit 1");
    EXPECT_EQ(output.error().details, std::vector<std::string>{"no such pool"});
}

TEST(SerialShell, ACommandThatDoesNotEndIsNamed) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    Script machine(std::move(pair.ours), after_adoption({{"end-3", "\r\n<begin-3>\r\nworking\r\n"}}));
    auto shell = SerialShell::adopt(console, 5s);
    ASSERT_TRUE(shell);
    const auto result = shell->run("sleep 1000", 200ms);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("running 'sleep 1000'"), std::string::npos);
    EXPECT_EQ(result.error().details.back(), "working");
}

TEST(SerialShell, CommandsThatATerminalWouldCutAreRefused) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    Script machine(std::move(pair.ours), kAdoption);
    auto shell = SerialShell::adopt(console, 5s);
    ASSERT_TRUE(shell);
    const auto result = shell->run(std::string(3501, 'x'), 1s);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("3501 bytes"), std::string::npos);
}

TEST(SerialShell, LogsInWithAPassword) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    std::vector<Script::Step> steps{{"", "\r\nDebian GNU/Linux 13 host ttyS0\r\n\r\nhost login: "},
                                    {"root\n", "root\r\nPassword: "},
                                    {"secret\n", "\r\nLinux host\r\nroot@host:~# "}};
    steps.insert(steps.end(), kAdoption.begin(), kAdoption.end());
    Script machine(std::move(pair.ours), steps);
    const auto shell = SerialShell::login(console, "root", "secret", 5s);
    EXPECT_TRUE(shell) << render(shell.error());
}

TEST(SerialShell, ARefusedLoginSaysSo) {
    test::SocketPair pair;
    SerialConsole console(std::move(pair.theirs));
    Script machine(
        std::move(pair.ours),
        {{"", "host login: "}, {"root\n", "Password: "}, {"wrong\n", "\r\n\r\nLogin incorrect\r\nhost login: "}});
    const auto shell = SerialShell::login(console, "root", "wrong", 5s);
    ASSERT_FALSE(shell);
    EXPECT_EQ(shell.error().message, "login as 'root' on the serial console was refused: Login incorrect");
}

TEST(SerialShell, NoPromptIsAnErrorWithTheConsole) {
    test::SocketPair pair;
    pair.say("Kernel panic - not syncing\r\n");
    SerialConsole console(std::move(pair.theirs));
    const auto shell = SerialShell::login(console, "root", "x", 100ms);
    ASSERT_FALSE(shell);
    EXPECT_EQ(shell.error().details.back(), "Kernel panic - not syncing");
}

}  // namespace
}  // namespace kld::vm
