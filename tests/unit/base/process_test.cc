// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <regex>
#include <thread>

#include "base/fd.h"
#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"

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

TEST(Process, IndependentProgramsRunAtOnceAndAnswerInOrder) {
    ProcessRunner runner;
    const auto start = std::chrono::steady_clock::now();
    const auto results = runner.run_all({{.argv = {"sh", "-c", "sleep 1; echo slow"}},
                                         {.argv = {"sh", "-c", "sleep 1; exit 3"}},
                                         {.argv = {"sh", "-c", "sleep 1; cat"}, .input = "fed"}});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(2500));
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0]->out, "slow\n");
    EXPECT_FALSE(results[1].has_value());
    EXPECT_EQ(results[2]->out, "fed");
}

TEST(Process, LocaleIsFixed) {
    ProcessRunner runner;
    const auto done = runner.run({.argv = {"sh", "-c", "echo $LC_ALL $X"}, .environment = {"X=1"}});
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->out, "C 1\n");
}

// A terminal sends its signals to all of a group, also to a child that is not the program yet.
TEST(Process, ASignalThatIsHandledHereEndsNoProgramThatBegins) {
    // A group without those who run the tests. Who leads a session has one.
    ASSERT_TRUE(::setpgid(0, 0) == 0 || ::getpgrp() == ::getpid());
    struct sigaction nothing {
    }, before{};
    nothing.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR1, &nothing, &before), 0);
    ProcessRunner runner;
    auto storm = Background::start({"sh", "-c", fmt::format("while kill -USR1 -{}; do :; done", ::getpid())}, 1);
    ASSERT_TRUE(storm.has_value());
    for (int i = 0; i < 300; ++i) {
        const auto output = runner.run({.argv = {"true"}});
        ASSERT_TRUE(output.has_value()) << render(output.error());
    }
    storm->stop();
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(Process, NoSignalIsBlockedInAProgramAndAClosedPipeEndsIt) {
    ProcessRunner runner;
    const auto output =
        runner.run({.argv = {"sed", "-n", "s/^Sig\\(Blk\\|Cgt\\|Ign\\):[[:space:]]*//p", "/proc/self/status"}});
    ASSERT_TRUE(output.has_value()) << render(output.error());
    const auto sets = lines(output->out);  // blocked, ignored, caught
    ASSERT_EQ(sets.size(), 3U) << output->out;
    EXPECT_EQ(std::stoull(sets[0], nullptr, 16), 0U);
    EXPECT_EQ(std::stoull(sets[1], nullptr, 16) & (1U << (SIGPIPE - 1)), 0U);
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

TEST(Process, ASignalReachesOnlyWhatStillRuns) {
    auto null = Fd::open("/dev/null", O_WRONLY);
    ASSERT_TRUE(null.has_value());
    auto sleeper = Background::start({"sleep", "60"}, null->get());
    ASSERT_TRUE(sleeper.has_value());
    EXPECT_TRUE(process_exists(sleeper->pid()));
    sleeper->send_signal(SIGKILL);
    EXPECT_TRUE(sleeper->wait(std::chrono::seconds(10)));
    EXPECT_EQ(sleeper->pid(), -1);
    // To kill(2) that number means every process there is.
    sleeper->send_signal(0);
    EXPECT_FALSE(process_exists(sleeper->pid()));
    const auto refused = terminate_process(sleeper->pid());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
}

TEST(Process, InTheForegroundTheExitCodeAndTheSignalComeBack) {
    const auto code = run_in_foreground({.argv = {"sh", "-c", "exit 3"}});
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(*code, 3);
    const auto killed = run_in_foreground({.argv = {"sh", "-c", "kill -TERM $$"}});
    ASSERT_TRUE(killed.has_value());
    EXPECT_EQ(*killed, 128 + SIGTERM);
    const auto group = run_in_foreground({.argv = {"sh", "-c", "test $(ps -o pgid= -p $$) = $(ps -o pgid= -p $PPID)"}});
    ASSERT_TRUE(group.has_value());
    EXPECT_EQ(*group, 0) << "it shares the terminal's signals";
    EXPECT_FALSE(run_in_foreground({.argv = {"/no/such/program"}}).has_value());
}

/// What starts and ends processes is in one file, where its dangers are handled.
TEST(Process, TwoCanBeJoinedByAPipe) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    ProcessRunner runner;
    const auto out = directory.path() + "/out";
    std::vector<std::string> told;
    Command from{.argv = {"sh", "-c", "echo working >&2; head -c 3000000 /dev/zero"}};
    from.on_stderr_line = [&](std::string_view line) { told.emplace_back(line); };
    const auto done = runner.run_piped(from, {.argv = {"sh", "-c", "wc -c > " + out}});
    ASSERT_TRUE(done.has_value()) << render(done.error());
    EXPECT_EQ(RealFiles().read(out), "3000000\n");
    EXPECT_EQ(told, (std::vector<std::string>{"working"}));
}

TEST(Process, AFailureOnEitherSideOfAPipeEndsBoth) {
    ProcessRunner runner;
    // Neither may wait for the other: who reads sees the end, who writes a pipe that nobody reads.
    const auto writer = runner.run_piped({.argv = {"sh", "-c", "exit 3"}}, {.argv = {"cat"}});
    ASSERT_FALSE(writer.has_value());
    EXPECT_NE(writer.error().details[0].find("exit 3"), std::string::npos) << render(writer.error());
    const auto reader = runner.run_piped({.argv = {"cat", "/dev/zero"}}, {.argv = {"sh", "-c", "exit 4"}});
    ASSERT_FALSE(reader.has_value());
    EXPECT_NE(reader.error().details[0].find("exit 4"), std::string::npos) << render(reader.error());
    const auto nobody = runner.run_piped({.argv = {"cat", "/dev/zero"}}, {.argv = {"no-such-program"}});
    ASSERT_FALSE(nobody.has_value());
    EXPECT_NE(nobody.error().message.find("no-such-program"), std::string::npos) << render(nobody.error());
}

TEST(Process, OneThatRunsCanBeStopped) {
    ProcessRunner runner;
    std::atomic<bool> stop{false};
    auto later = std::async(std::launch::async, [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop = true;
    });
    const auto begun = std::chrono::steady_clock::now();
    const auto stopped = runner.run({.argv = {"sh", "-c", "sleep 60 & wait"}, .stop = &stop});
    ASSERT_FALSE(stopped.has_value());
    EXPECT_NE(render(stopped.error()).find("stopped on request"), std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
}

TEST(Process, WhatIsEndedMayPutItsThingsInOrder) {
    ProcessRunner runner;
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto file = directory.path() + "/half";
    std::atomic<bool> stop{false};
    bool was_there = false;
    const auto stopped = runner.run(
        {.argv = {"sh", "-c", "trap 'rm \"$0\"; exit 1' TERM; : >\"$0\"; sleep 60 & sleep 0.2; echo ready >&2; wait",
                  file},
         .on_stderr_line =
             [&](std::string_view) {
                 was_there = RealFiles().exists(file);
                 stop = true;
             },
         .stop = &stop});
    ASSERT_FALSE(stopped.has_value());
    EXPECT_TRUE(was_there);
    EXPECT_FALSE(RealFiles().exists(file));
    // Nothing more is fed to it, and what it was not given before it does not get twice.
    const auto fed = runner.run({.argv = {"sh", "-c", "trap : TERM; sleep 2 & wait; wc -c >\"$0\"", file},
                                 .input = std::string(1 << 20, 'x'),
                                 .timeout = std::chrono::seconds(1)});
    ASSERT_FALSE(fed.has_value());
    EXPECT_EQ(trim(RealFiles().read(file).value_or("")), "65536") << "what the pipe held";
    const auto deaf = runner.run({.argv = {"sh", "-c", "trap '' TERM; sleep 600"},
                                  .timeout = std::chrono::seconds(1),
                                  .grace = std::chrono::seconds(1)});
    ASSERT_FALSE(deaf.has_value());
    EXPECT_NE(render(deaf.error()).find("no end after 1 s"), std::string::npos) << render(deaf.error());
}

TEST(Process, TheGateIsTheOnlyOne) {
    const std::regex call("(^|[^A-Za-z0-9_.>\"])(fork|vfork|system|popen|kill|killpg)\\(");
    for (const auto* folder : {"/src", "/tests"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(KLD_SOURCE_DIR) + folder)) {
            const auto path = entry.path().string();
            if (!path.ends_with(".cc") && !path.ends_with(".c") && !path.ends_with(".h")) continue;
            // What runs inside of a guest has nothing of ours but itself.
            const auto file = path.substr(path.rfind("/base/") + 1);
            if (file == "base/process.cc" || file == "base/process_groups.cc" || file == "base/process_runner.cc" ||
                path.find("/tests/vm/guest/") != std::string::npos)
                continue;
            for (const auto& line : lines(RealFiles().read(path).value_or("")))
                EXPECT_FALSE(std::regex_search(line.substr(0, line.find("//")), call)) << path << ": " << line;
        }
    }
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
