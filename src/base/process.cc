// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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
#include "base/runner.h"
#include "base/stop.h"
#include "base/text.h"

extern char** environ;

namespace kld {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    Fd read;
    Fd write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error("cannot make a pipe", errno));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

struct Stdio {
    int in = -1;
    int out = -1;
    int err = -1;
};

std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
    std::vector<std::string> merged = extra;
    const auto taken = [&](std::string_view entry) {
        const auto name = entry.substr(0, entry.find('=') + 1);
        for (const auto& known : merged)
            if (known.starts_with(name)) return true;
        return false;
    };
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (!taken(*entry)) merged.emplace_back(*entry);
    return merged;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> raw;
    raw.reserve(words.size() + 1);
    for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    return raw;
}

void put_on(int fd, int target) {
    if (fd == target)
        ::fcntl(fd, F_SETFD, 0);
    else
        ::dup2(fd, target);
}

/// Whose the child is: our own helper, in a process group and with the locale that we read; or the person's, on their
/// terminal and in their language. Both are killed when this process dies, but for the person's own that is not ours to
/// end.
enum class Side { behind, foreground, foreground_on_its_own };

/// Where a program is alone.
struct Alone {
    std::string root;  ///< empty: it shares our process table and our /
    bool on_terminal = false;

    explicit operator bool() const { return !root.empty(); }
};

/// Forks. @returns 0 in the child, which is the first of a new process table when it is to be alone; -1 and errno
int fork_child(const Alone& alone) {
    if (!alone) return ::fork();
    // unshare(2) would do it to all that this process starts from then on.
    return static_cast<int>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
}

/// Groups of the programs that run, for a handler of signals; 0 is a free place.
std::array<std::atomic<int>, 64> running_groups{};
static_assert(std::atomic<int>::is_always_lock_free);
std::atomic<bool> is_ending{false};

/// More than there are places for are killed when this process ends, and not ended before.
void enter(int group) {
    for (auto& place : running_groups) {
        int none = 0;
        if (place.compare_exchange_strong(none, group)) return;
    }
}

void leave(int group) {
    for (auto& place : running_groups) {
        int mine = group;
        if (place.compare_exchange_strong(mine, 0)) return;
    }
}

/// Once this process ends, none of its threads makes anything of what has become of the programs.
void hold_when_ending() {
    while (is_ending) ::pause();
}

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

[[noreturn]] void give_up(const Fd& report) {
    const int number = errno;
    [[maybe_unused]] const auto written = ::write(report.get(), &number, sizeof number);
    ::_exit(127);
}

/// Makes `group` the one that the terminal on stdin belongs to.
void give_terminal(int group) {
    const auto before = ::signal(SIGTTOU, SIG_IGN);
    ::tcsetpgrp(0, group);
    ::signal(SIGTTOU, before);
}

int exit_code_of(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The first process of a table inherits those whose parent is gone. The kernel lets it hear no signal that it has not
/// asked for, and kills all others when it ends.
[[noreturn]] void wait_as_first(int program, bool on_terminal) {
    for (;;) {
        int status = 0;
        const int ended = ::waitpid(-1, &status, on_terminal ? WUNTRACED : 0);
        if (ended < 0 && errno != EINTR) ::_exit(127);
        if (ended != program) continue;
        if (!WIFSTOPPED(status)) ::_exit(exit_code_of(status));
        // The shell outside does not know of it, and could not let it go on.
        ::kill(-program, SIGCONT);
    }
}

/// In the first process of a new table: goes to its root, and returns in the child that becomes the program.
void begin_alone(const Alone& alone, const std::string& proc, const Fd& report) {
    // Nobody reads what it reports: its parent died before it could ask to be told of that.
    pollfd reader{report.get(), 0, 0};
    if (::poll(&reader, 1, 0) != 0) ::_exit(127);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
        ::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 ||
        ::chroot(alone.root.c_str()) != 0 || ::chdir("/") != 0)
        give_up(report);
    const int program = ::_Fork();
    if (program < 0) give_up(report);
    if (program > 0) {
        ::close(report.get());
        wait_as_first(program, alone.on_terminal);
    }
    if (!alone.on_terminal) return;
    // Our group has no number in this table, and shells ask for it.
    ::setpgid(0, 0);
    give_terminal(::getpid());
}

/// Forks and execs; a failure of exec comes back as errno through a pipe that closes on success.
Result<int> spawn(const std::vector<std::string>& argv, const Stdio& stdio, const std::vector<std::string>& extra_env,
                  const std::vector<int>& pass_fds, Side side = Side::behind, const Alone& alone = {}) {
    if (argv.empty()) return fail("a command without a program name");
    hold_when_ending();
    KLD_TRY(auto report, make_pipe());
    auto added = extra_env;
    if (side == Side::behind) added.emplace_back("LC_ALL=C");
    const auto environment = merged_environment(added);
    auto raw_argv = pointers(argv);
    auto raw_env = pointers(environment);
    const auto proc = alone.root + "/proc";
    const int parent = ::getpid();
    const int pid = fork_child(alone);
    if (pid < 0) return fail(errno_error(fmt::format("cannot start {}", argv[0]), errno));
    if (pid == 0) {
        report.read.reset();
        if (side == Side::behind) ::setpgid(0, 0);
        if (side != Side::foreground_on_its_own) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (!alone && ::getppid() != parent) ::_exit(127);
        }
        ::signal(SIGPIPE, SIG_DFL);
        put_on(stdio.in, 0);
        put_on(stdio.out, 1);
        put_on(stdio.err, 2);
        if (alone) begin_alone(alone, proc, report.write);
        for (const int fd : pass_fds) ::fcntl(fd, F_SETFD, 0);
        ::execvpe(raw_argv[0], raw_argv.data(), raw_env.data());
        give_up(report.write);
    }
    if (side == Side::behind) {
        ::setpgid(pid, pid);
        enter(pid);
    }
    report.write.reset();
    int number = 0;
    if (::read(report.read.get(), &number, sizeof number) == static_cast<ssize_t>(sizeof number)) {
        ::waitpid(pid, nullptr, 0);
        leave(pid);
        auto error = errno_error(fmt::format("cannot start {}", argv[0]), number);
        if (number == ENOENT) error.hint = fmt::format("install the package that brings '{}'", argv[0]);
        return fail(std::move(error));
    }
    return pid;
}

void tell_lines(const Command& command, std::string& pending, std::string_view chunk) {
    if (!command.on_stderr_line) return;
    pending += chunk;
    for (std::size_t at = 0; (at = pending.find_first_of("\n\r")) != std::string::npos; pending.erase(0, at + 1))
        if (at > 0) command.on_stderr_line(std::string_view(pending).substr(0, at));
}

enum class Ended { itself, late, stopped };

/// Feeds stdin and drains stdout and stderr until both are closed, the time is up or somebody wants it to stop.
Ended pump(const Command& command, Fd& to_child, Fd& from_out, Fd& from_err, Output& output) {
    const auto deadline = Clock::now() + command.timeout;
    std::size_t written = 0;
    std::string pending;
    std::array<char, 65536> buffer{};
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
    KLD_TRY(const int pid, spawn(command.argv, stdio, command.environment, command.pass_fds));
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
        leave(pid);
        return fail(command_error(command, "has not ended 30 s after it was killed", output.err));
    }
    leave(pid);
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

EndInOrder::EndInOrder() : handlers_(end_in_order) {}

Result<Background> Background::start(const std::vector<std::string>& argv, int log_fd,
                                     const std::vector<int>& pass_fds) {
    KLD_TRY(auto null, Fd::open("/dev/null", O_RDONLY));
    KLD_TRY(const int pid, spawn(argv, {null.get(), log_fd, log_fd}, {}, pass_fds));
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
    leave(pid_);
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
    KLD_TRY(const int pid, spawn(command.argv, {0, out, 2}, command.environment, {},
                                 command.outlives_us ? Side::foreground_on_its_own : Side::foreground));
    return wait_for(pid);
}

Result<int> run_alone(const Foreground& command, const std::string& root) {
    const int out = command.stdout_fd < 0 ? 1 : command.stdout_fd;
    const bool on_terminal = ::tcgetpgrp(0) == ::getpgrp();
    auto code = spawn(command.argv, {0, out, 2}, command.environment, {}, Side::foreground, {root, on_terminal});
    if (code) code = wait_for(*code);
    if (on_terminal) give_terminal(::getpgrp());
    return code;
}

Error replace_process(const std::vector<std::string>& argv) {
    auto raw = pointers(argv);
    ::execvp(raw[0], raw.data());
    return errno_error(fmt::format("cannot start {}", argv.empty() ? "nothing" : argv[0]), errno);
}

}  // namespace kld
