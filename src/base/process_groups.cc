// SPDX-License-Identifier: BSD-3-Clause
#include "base/process_groups.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "base/stop.h"

namespace kld {
namespace {

/// Groups of the programs that run, for a handler of signals; 0 is a free place.
std::array<std::atomic<int>, 64> running_groups{};
static_assert(std::atomic<int>::is_always_lock_free);
std::atomic<bool> is_ending{false};

}  // namespace

void enter_group(int group) {
    for (auto& place : running_groups) {
        int none = 0;
        if (place.compare_exchange_strong(none, group)) return;
    }
}

void leave_group(int group) {
    for (auto& place : running_groups) {
        int mine = group;
        if (place.compare_exchange_strong(mine, 0)) return;
    }
}

void hold_when_ending() {
    while (is_ending) ::pause();
}

namespace {

/// True while a process of the group is left; reaps its first.
bool is_left(int group) {
    ::waitpid(group, nullptr, WNOHANG);
    return ::kill(-group, 0) == 0;
}

/// The handler of EndInOrder. Of what it calls, each is async-signal-safe.
void end_in_order(int signal) {
    is_ending = true;
    for (const auto& group : running_groups)
        if (group != 0) ::kill(-group, SIGTERM);
    constexpr int kNaps = 200, kNapMilliseconds = 50;
    for (int nap = 0; nap < kNaps; ++nap) {
        bool any = false;
        for (const auto& group : running_groups) any = (group != 0 && is_left(group)) || any;
        if (!any) break;
        ::poll(nullptr, 0, kNapMilliseconds);
    }
    for (const auto& group : running_groups)
        if (group != 0) ::kill(-group, SIGKILL);
    ::signal(signal, SIG_DFL);
    sigset_t mine;
    ::sigemptyset(&mine);
    ::sigaddset(&mine, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
    ::kill(::getpid(), signal);
    ::_exit(128 + signal);  // the first process of a table hears no signal that it does not handle
}

}  // namespace

EndInOrder::EndInOrder() : handlers_(end_in_order) {}

}  // namespace kld
