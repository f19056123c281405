// SPDX-License-Identifier: BSD-3-Clause
#include "exports/stop.h"

#include <gtest/gtest.h>

#include <csignal>

#include "support/fakes.h"

namespace kld::exports::test {
namespace {

TEST(Stop, ASignalSetsTheFlagAndNoMoreIsRun) {
    kld::test::ReplayRunner inner;
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

TEST(Stop, HandlersAreAsBeforeAndWhatIsIgnoredStaysSo) {
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
}  // namespace kld::exports::test
