// SPDX-License-Identifier: BSD-3-Clause
#include "exports/stop.h"

#include <array>
#include <csignal>

namespace kld::exports {
namespace {

constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};

// A handler reaches nothing but what is global.
std::atomic<bool> stop_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free);
std::array<struct sigaction, kSignals.size()> before{};

void want_stop(int) {
    stop_wanted = true;
}

}  // namespace

StopOnSignals::StopOnSignals() {
    stop_wanted = false;
    struct sigaction action {};
    action.sa_handler = want_stop;
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
        ::sigaction(kSignals[i], nullptr, &before[i]);
        // What nohup ignores stays ignored.
        if (before[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
    }
}

StopOnSignals::~StopOnSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before[i], nullptr);
}

const std::atomic<bool>* StopOnSignals::flag() const {
    return &stop_wanted;
}

Status expect_going_on(const std::atomic<bool>* stop) {
    if (stop == nullptr || !*stop) return {};
    return fail("stopped by a signal");
}

Result<Output> StoppableRunner::run(const Command& command) {
    KLD_CHECK(expect_going_on(stop_));
    auto stoppable = command;
    stoppable.stop = stop_;
    auto output = inner_.run(stoppable);
    if (!output) KLD_CHECK(expect_going_on(stop_));
    return output;
}

Status StoppableRunner::run_piped(const Command& from, const Command& into) {
    KLD_CHECK(expect_going_on(stop_));
    auto first = from, second = into;
    first.stop = second.stop = stop_;
    auto done = inner_.run_piped(first, second);
    if (!done) KLD_CHECK(expect_going_on(stop_));
    return done;
}

}  // namespace kld::exports
