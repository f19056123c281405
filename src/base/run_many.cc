// SPDX-License-Identifier: BSD-3-Clause
// Several child programs at once.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <future>

#include "base/runner.h"

namespace kld {

std::vector<Result<Output>> Runner::run_all(const std::vector<Command>& commands) {
    std::vector<Result<Output>> results;
    for (const auto& command : commands) results.push_back(run(command));
    return results;
}

std::vector<Result<Output>> ProcessRunner::run_all(const std::vector<Command>& commands) {
    std::vector<Result<Output>> results;
    if (commands.empty()) return results;
    // Each thread waits for its child: one that ended before would take the child with it (PR_SET_PDEATHSIG).
    std::vector<std::future<Result<Output>>> running;
    for (std::size_t i = 0; i + 1 < commands.size(); ++i)
        running.push_back(std::async(std::launch::async, [this, &command = commands[i]] { return run(command); }));
    auto last = run(commands.back());
    for (auto& one : running) results.push_back(one.get());
    results.push_back(std::move(last));
    return results;
}

Status Runner::run_piped(const Command& from, const Command& into) {
    KLD_CHECK(run(from));
    KLD_CHECK(run(into));
    return {};
}

Status ProcessRunner::run_piped(const Command& from, const Command& into) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error("cannot make a pipe", errno));
    std::vector<Command> both{from, into};
    both[0].stdout_fd = ends[1];
    both[1].stdin_fd = ends[0];
    // Each end is closed here as soon as its child has it: who still reads would wait for ever otherwise.
    both[0].gives_fds = both[1].gives_fds = true;
    const auto ended = run_all(both);
    if (ended[0] && ended[1]) return {};
    // Who reads is the cause when both failed: the other one then writes to nobody.
    auto error = ended[1] ? ended[0].error() : ended[1].error();
    if (!ended[0] && !ended[1])
        error.details.insert(error.details.end(), ended[0].error().details.begin(), ended[0].error().details.end());
    return fail(std::move(error));
}

}  // namespace kld
