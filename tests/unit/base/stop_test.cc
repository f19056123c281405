// SPDX-License-Identifier: BSD-3-Clause
#include "base/stop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "support/fakes.h"

namespace kld::test {
namespace {

/// Whoever starts the tests in the background may have them ignore ^C.
void hear_all() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
}

TEST(Stop, ASignalSetsTheFlagAndNoMoreIsRun) {
    hear_all();
    ReplayRunner inner;
    inner.expect({"first"});
    const StopOnSignals stop;
    StoppableRunner runner(inner, stop.flag());
    EXPECT_TRUE(runner.run({.argv = {"first"}}).has_value());
    EXPECT_EQ(inner.ran[0].stop, stop.flag()) << "what runs can be ended";
    std::raise(SIGTERM);
    EXPECT_TRUE(*stop.flag());
    EXPECT_EQ(runner.run({.argv = {"second"}}).error().message, "stopped by a signal");
    EXPECT_EQ(runner.run_piped({.argv = {"third"}}, {.argv = {"fourth"}}).error().message, "stopped by a signal");
}

/// What a program that the runner waits for makes of the end of this process.
int end_with(const std::string& script, const std::string& file) {
    hear_all();
    const EndInOrder end;
    ProcessRunner runner;
    const auto on_line = [](std::string_view) { std::raise(SIGTERM); };
    const auto ran = runner.run({.argv = {"sh", "-c", script, file}, .on_stderr_line = on_line});
    return ran ? 1 : 2;  // neither is ever reached
}

TEST(EndInOrder, WhatRunsIsEndedFirstAndNobodyHearsOfIt) {
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto file = directory.path() + "/half";
    EXPECT_EXIT(std::exit(end_with(
                    "trap 'rm \"$0\"; exit 0' TERM; : >\"$0\"; sleep 60 & sleep 0.2; echo ready >&2; wait", file)),
                testing::KilledBySignal(SIGTERM), "");
    EXPECT_FALSE(RealFiles().exists(file));
}

TEST(EndInOrder, OtherThreadsStartNothingMore) {
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto file = directory.path() + "/more";
    const auto end = [&] {
        hear_all();
        const EndInOrder guard;
        ProcessRunner runner;
        std::thread other([&] {
            // Its end looks like that of any other program.
            (void)runner.run({.argv = {"sleep", "60"}});
            (void)runner.run({.argv = {"touch", file}});
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        std::raise(SIGINT);
        other.join();
        return 0;
    };
    EXPECT_EXIT(std::exit(end()), testing::KilledBySignal(SIGINT), "");
    EXPECT_FALSE(RealFiles().exists(file));
}

TEST(Stop, HandlersAreAsBeforeAndWhatIsIgnoredStaysSo) {
    hear_all();
    const auto before = std::signal(SIGHUP, SIG_IGN);
    {
        const StopOnSignals stop;
        std::raise(SIGHUP);
        EXPECT_FALSE(*stop.flag());
        std::raise(SIGINT);
        EXPECT_TRUE(*stop.flag());
    }
    EXPECT_EQ(std::signal(SIGHUP, before), SIG_IGN);
    EXPECT_EQ(std::signal(SIGINT, SIG_DFL), SIG_DFL);
    EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_DFL);
}

}  // namespace
}  // namespace kld::test
