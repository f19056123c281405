// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/files.h"
#include "base/runner.h"

namespace kld {

TEST(Process, GivesBackOutputAndError) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "cat; echo oops >&2"}, .input = "hello"});
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(done->out, "hello");
    EXPECT_EQ(done->err, "oops\n");
}

TEST(Process, LargeInputAndOutputDoNotBlockEachOther) {
    ProcessRunner runner;
    const std::string input(4 << 20, 'x');
    const auto done = runner.run({.argv = {"cat"}, .input = input});
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->out.size(), input.size());
}

TEST(Process, FailureNamesCommandCodeAndLastLines) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "echo 'no space' >&2; exit 7"}});
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(render(done.error()),
              "error: sh failed\n  sh -c 'echo '\\''no space'\\'' >&2; exit 7' → exit 7\n  no space\n");
}

TEST(Process, AcceptedExitCodesAreNoFailure) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "exit 100"}, .accept = [](int code) { return code == 100; }});
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->exit_code, 100);
}

TEST(Process, MissingProgramSaysWhatToInstall) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"kldload-no-such-program"}});
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().message.find("cannot start kldload-no-such-program"), std::string::npos);
    EXPECT_NE(done.error().hint.find("install"), std::string::npos);
}

TEST(Process, TimeoutKillsTheWholeGroup) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "sleep 60 & sleep 60"}, .timeout = std::chrono::seconds(1)});
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().details.at(0).find("no end after 1 s"), std::string::npos);
}

TEST(Process, KilledChildIsAnErrorWithTheSignal) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "kill -9 $$"}});
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().details.at(0).find("signal 9"), std::string::npos);
}

TEST(Process, StderrLinesAreToldAsTheyCome) {
    ProcessRunner runner;
    std::vector<std::string> told;
    Command command{.argv = {"sh", "-c", "printf 'a\\nb' >&2"}};
    command.on_stderr_line = [&](std::string_view line) { told.emplace_back(line); };
    ASSERT_TRUE(runner.run(command).has_value());
    EXPECT_EQ(told, (std::vector<std::string>{"a", "b"}));
}

TEST(Process, LocaleIsFixed) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "echo $LC_ALL $X"}, .environment = {"X=1"}});
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->out, "C 1\n");
}

TEST(Process, BackgroundStopsWithItsObject) {
    auto null = Fd::open("/dev/null", O_WRONLY);
    ASSERT_TRUE(null.has_value());
    int pid = 0;
    {
        auto sleeper = Background::start({"sleep", "60"}, null->get());
        ASSERT_TRUE(sleeper.has_value());
        pid = sleeper->pid();
        EXPECT_TRUE(sleeper->running());
    }
    EXPECT_NE(::access(("/proc/" + std::to_string(pid)).c_str(), F_OK), 0);
}

TEST(Files, WriteIsAllOrNothing) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    RealFiles files;
    const auto path = directory->path() + "/a";
    ASSERT_TRUE(files.write(path, "one", 0600));
    EXPECT_EQ(files.read(path).value(), "one");
    EXPECT_EQ(files.list(directory->path()).value(), std::vector<std::string>{"a"});
    EXPECT_FALSE(files.write(directory->path() + "/no/such", "x"));
    EXPECT_FALSE(files.read(directory->path() + "/none").has_value());
}

}  // namespace kld
