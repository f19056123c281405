// SPDX-License-Identifier: BSD-3-Clause
#include "base/stop.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace kld {
namespace {

// A handler reaches nothing but what is global.
std::atomic<bool> stop_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

int nowhere = -1;
std::array<bool, 2> is_terminal{};  // stdout, stderr

void want_stop(int signal) {
    stop_wanted = true;
    if (signal != SIGHUP || nowhere < 0) return;
    if (is_terminal[0]) ::dup2(nowhere, STDOUT_FILENO);
    if (is_terminal[1]) ::dup2(nowhere, STDERR_FILENO);
}

}  // namespace

SignalHandlers::SignalHandlers(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    for (const int number : kNumbers) ::sigaddset(&action.sa_mask, number);
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
        ::sigaction(kNumbers[i], nullptr, &before_[i]);
        if (before_[i].sa_handler != SIG_IGN) ::sigaction(kNumbers[i], &action, nullptr);
    }
}

SignalHandlers::~SignalHandlers() {
    for (std::size_t i = 0; i < kNumbers.size(); ++i) ::sigaction(kNumbers[i], &before_[i], nullptr);
}

StopOnSignals::StopOnSignals() {
    stop_wanted = false;
    if (nowhere < 0) nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    is_terminal = {::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1};
    handlers_.emplace(want_stop);
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

}  // namespace kld
