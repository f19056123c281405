// SPDX-License-Identifier: BSD-3-Clause
// An export that is interrupted ends in order: the program that runs is killed, and what was made is taken back.
#pragma once

#include <atomic>

#include "base/runner.h"

namespace kld::exports {

/// While it lives, SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process. One at a time.
class StopOnSignals {
public:
    StopOnSignals();
    StopOnSignals(const StopOnSignals&) = delete;
    StopOnSignals& operator=(const StopOnSignals&) = delete;
    ~StopOnSignals();
    /// True once a signal has come; valid as long as the process.
    const std::atomic<bool>* flag() const;
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

}  // namespace kld::exports
