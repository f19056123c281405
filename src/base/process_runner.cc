// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/alone.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/process_groups.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld {
namespace {

using Clock = std::chrono::steady_clock;

void tell_lines(const Command& command, std::string& pending, std::string_view chunk) {
    if (!command.on_stderr_line) return;
    pending += chunk;
    for (std::size_t at = 0; (at = pending.find_first_of("\n\r")) != std::string::npos; pending.erase(0, at + 1))
        if (at > 0) command.on_stderr_line(std::string_view(pending).substr(0, at));
}

struct Pipe {
    Fd read;
    Fd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error("cannot make a pipe", errno));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

enum class Ended { itself, late, stopped };

/// Feeds stdin and drains stdout and stderr until both are closed, the time is up or somebody wants it to stop.
Ended pump(const Command& command, Fd& to_child, Fd& from_out, Fd& from_err, Output& output) {
    const auto deadline = Clock::now() + command.timeout;
    std::size_t written = 0;
    std::string pending;
    std::array<char, 65536> buffer;  // what is not read into it is never touched
    const auto drain = [&](Fd& fd, std::string& text, bool tell) {
        const auto count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (count <= 0) return fd.reset();
        const std::string_view chunk(buffer.data(), static_cast<std::size_t>(count));
        text += chunk;
        if (tell) tell_lines(command, pending, chunk);
    };
    while (from_out.valid() || from_err.valid()) {
        if (to_child.valid() && written == command.input.size()) to_child.reset();
        std::array<pollfd, 3> fds{
            {{to_child.get(), POLLOUT, 0}, {from_out.get(), POLLIN, 0}, {from_err.get(), POLLIN, 0}}};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return Ended::late;
        if (command.stop != nullptr && *command.stop) return Ended::stopped;
        // A signal may come just before poll begins to wait.
        const long long nap = command.stop != nullptr ? 500 : 60'000;
        if (::poll(fds.data(), fds.size(), static_cast<int>(std::min(left + 0LL, nap))) < 0) continue;
        if (fds[0].revents != 0) {
            const auto count = ::write(to_child.get(), command.input.data() + written, command.input.size() - written);
            if (count > 0)
                written += static_cast<std::size_t>(count);
            else if (errno != EAGAIN && errno != EINTR)
                to_child.reset();
        }
        if (fds[1].revents != 0) drain(from_out, output.out, false);
        if (fds[2].revents != 0) drain(from_err, output.err, true);
    }
    if (!pending.empty() && command.on_stderr_line) command.on_stderr_line(pending);
    return Ended::itself;
}

/// Ends the program with its children. It gets a while to put its things in order: mmdebstrap takes its mounts away.
void end_group(int pid, const Command& command, Fd& to_child, Fd& from_out, Fd& from_err, Output& output) {
    if (command.grace.count() > 0) {
        ::kill(-pid, SIGTERM);
        auto ending = command;
        ending.input.clear();
        ending.timeout = command.grace;
        ending.stop = nullptr;
        pump(ending, to_child, from_out, from_err, output);
    }
    ::kill(-pid, SIGKILL);
}

/// Waits for the end of a process that was killed. False when it does not come: what waits in the kernel, such as for a
/// disk that does not answer, ends only after that.
bool has_ended(int pid, int& status) {
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    for (;;) {
        const int ended = ::waitpid(pid, &status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR)) return true;
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

/// ^C is for the program: what it makes of it is for us to hear.
int wait_for(int pid) {
    const auto interrupt = ::signal(SIGINT, SIG_IGN), quit = ::signal(SIGQUIT, SIG_IGN);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::signal(SIGINT, interrupt);
    ::signal(SIGQUIT, quit);
    return exit_code_of(status);
}

std::string describe_status(int status) {
    if (WIFSIGNALED(status))
        return fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return fmt::format("exit {}", WEXITSTATUS(status));
}

}  // namespace

Error command_error(const Command& command, const std::string& what, const std::string& stderr_text) {
    Error error{
        fmt::format("{} failed", command.argv.empty() ? "a command" : command.argv[0]), {}, {}, ExitCode::failed};
    error.details.push_back(fmt::format("{} → {}", shell_line(command.argv), what));
    for (auto& line : last_lines(stderr_text, 12)) error.details.push_back(std::move(line));
    return error;
}

Result<Output> ProcessRunner::run(const Command& command) {
    ::signal(SIGPIPE, SIG_IGN);
    Fd given_in(command.gives_fds ? command.stdin_fd : -1), given_out(command.gives_fds ? command.stdout_fd : -1);
    KLD_TRY(auto in, make_pipe());
    KLD_TRY(auto out, make_pipe());
    KLD_TRY(auto err, make_pipe());
    const Stdio stdio{command.stdin_fd >= 0 ? command.stdin_fd : in.read.get(),
                      command.stdout_fd >= 0 ? command.stdout_fd : out.write.get(), err.write.get()};
    KLD_TRY(const int pid, spawn({command.argv, stdio, command.environment, command.pass_fds}));
    in.read.reset();
    out.write.reset();
    err.write.reset();
    given_in.reset();
    given_out.reset();
    ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);

    Output output;
    const auto ended = pump(command, in.write, out.read, err.read, output);
    if (ended != Ended::itself) end_group(pid, command, in.write, out.read, err.read, output);
    int status = 0;
    if (ended == Ended::itself) {
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    } else if (!has_ended(pid, status)) {
        leave_group(pid);
        return fail(command_error(command, "has not ended 30 s after it was killed", output.err));
    }
    leave_group(pid);
    hold_when_ending();
    if (ended == Ended::stopped) return fail(command_error(command, "stopped on request", output.err));
    if (ended == Ended::late)
        return fail(
            command_error(command, fmt::format("no end after {} s, killed", command.timeout.count()), output.err));
    if (!WIFEXITED(status) || !command.accept(WEXITSTATUS(status)))
        return fail(command_error(command, describe_status(status), output.err.empty() ? output.out : output.err));
    output.exit_code = WEXITSTATUS(status);
    return output;
}

Result<Background> Background::start(const std::vector<std::string>& argv, int log_fd,
                                     const std::vector<int>& pass_fds) {
    KLD_TRY(auto null, Fd::open("/dev/null", O_RDONLY));
    KLD_TRY(const int pid, spawn({argv, {null.get(), log_fd, log_fd}, {}, pass_fds}));
    return Background(pid);
}

Background& Background::operator=(Background&& other) noexcept {
    if (this != &other) {
        stop();
        pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
}

Background::~Background() {
    stop();
}

bool Background::running() {
    if (pid_ < 0) return false;
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
    leave_group(pid_);
    hold_when_ending();
    pid_ = -1;
    return false;
}

bool Background::wait(std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (running()) {
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

void Background::send_signal(int number) {
    if (running()) ::kill(pid_, number);
}

void Background::stop() {
    if (!running()) return;
    ::kill(-pid_, SIGTERM);
    if (wait(std::chrono::seconds(5))) return;
    ::kill(-pid_, SIGKILL);
    wait(std::chrono::seconds(5));
}

bool process_exists(int pid) {
    return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

Status terminate_process(int pid) {
    if (pid <= 0) return fail(fmt::format("{} is no process", pid), {}, ExitCode::refused);
    if (::kill(pid, SIGTERM) != 0) return fail(errno_error(fmt::format("cannot stop process {}", pid), errno));
    return {};
}

Result<int> run_in_foreground(const Foreground& command) {
    const int out = command.stdout_fd < 0 ? 1 : command.stdout_fd;
    KLD_TRY(const int pid, spawn({command.argv,
                                  {0, out, 2},
                                  command.environment,
                                  {},
                                  command.outlives_us ? Side::foreground_on_its_own : Side::foreground}));
    return wait_for(pid);
}

Result<int> run_alone(const Foreground& command, const std::string& root) {
    const int out = command.stdout_fd < 0 ? 1 : command.stdout_fd;
    const bool on_terminal = ::tcgetpgrp(0) == ::getpgrp();
    auto code = spawn({command.argv, {0, out, 2}, command.environment, {}, Side::foreground, {root, on_terminal}});
    if (code) code = wait_for(*code);
    if (on_terminal) give_terminal(::getpgrp());
    return code;
}

}  // namespace kld
