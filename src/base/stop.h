// SPDX-License-Identifier: BSD-3-Clause
// What is interrupted ends in order: the program that runs may be killed, and what was made is taken back.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <optional>

#include "base/runner.h"

namespace kld {

/// While it lives, SIGINT, SIGTERM and SIGHUP are handled so; what nohup ignores stays ignored. One at a time.
class SignalHandlers {
public:
    explicit SignalHandlers(void (*handler)(int));
    SignalHandlers(const SignalHandlers&) = delete;
    SignalHandlers& operator=(const SignalHandlers&) = delete;
    ~SignalHandlers();

private:
    static constexpr std::array<int, 3> kNumbers{SIGINT, SIGTERM, SIGHUP};
    std::array<struct sigaction, kNumbers.size()> before_{};
};

/// While it lives, those signals set a flag instead of ending the process. When a terminal is gone (SIGHUP), nothing
/// more is written to it: that would be an error in the midst of taking things back.
class StopOnSignals {
public:
    StopOnSignals();
    /// True once a signal has come; valid as long as the process.
    const std::atomic<bool>* flag() const;

private:
    std::optional<SignalHandlers> handlers_{};
};

/// While it lives, those signals end the programs that run (SIGTERM, after ten seconds SIGKILL), and then this process
/// by that signal: no other program is started, and nobody here hears of the ends. For what leaves nothing behind that
/// the next run does not take away.
class EndInOrder {
public:
    EndInOrder();

private:
    SignalHandlers handlers_;
};

/// Runs commands until the flag is set: then the one that runs is killed, and no other is started.
class StoppableRunner final : public Runner {
public:
    StoppableRunner(Runner& inner, const std::atomic<bool>* stop) : inner_(inner), stop_(stop) {}
    Result<Output> run(const Command& command) override;
    Status run_piped(const Command& from, const Command& into) override;

private:
    Runner& inner_;
    const std::atomic<bool>* stop_;
};

/// An error once the flag is set; a flag that is not there never is.
Status expect_going_on(const std::atomic<bool>* stop);

}  // namespace kld
