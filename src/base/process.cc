// SPDX-License-Identifier: BSD-3-Clause
#include "base/process.h"

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
#include <cerrno>
#include <csignal>

#include "base/fd.h"
#include "base/process_groups.h"
#include "base/runner.h"

extern char** environ;

namespace kld {
namespace {

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

/// All that the child needs, made before it is there.
struct Child {
    const Spawning& what;
    std::vector<char*> argv;
    std::vector<char*> environment;
    std::string proc;
    int parent;
    int told, report;  ///< ends of the pipe that has errno when the program cannot be started
};

[[noreturn]] void give_up(int report) {
    const int number = errno;
    [[maybe_unused]] const auto written = ::write(report, &number, sizeof number);
    ::_exit(127);
}

void put_on(int fd, int target) {
    if (fd == target)
        ::fcntl(fd, F_SETFD, 0);
    else
        ::dup2(fd, target);
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
void begin_alone(const Child& child) {
    // Nobody reads what it reports: its parent died before it could ask to be told of that.
    pollfd reader{child.report, 0, 0};
    if (::poll(&reader, 1, 0) != 0) ::_exit(127);
    const auto& alone = child.what.alone;
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
        ::mount("proc", child.proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 ||
        ::chroot(alone.root.c_str()) != 0 || ::chdir("/") != 0)
        give_up(child.report);
    const int program = ::_Fork();
    if (program < 0) give_up(child.report);
    if (program > 0) {
        ::close(child.report);
        wait_as_first(program, alone.on_terminal);
    }
    if (!alone.on_terminal) return;
    // Our group has no number in this table, and shells ask for it.
    ::setpgid(0, 0);
    give_terminal(::getpid());
}

[[noreturn]] void become(const Child& child) {
    const auto& what = child.what;
    ::close(child.told);
    if (what.side == Side::behind) ::setpgid(0, 0);
    if (what.side != Side::foreground_on_its_own) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!what.alone && ::getppid() != child.parent) ::_exit(127);
    }
    ::signal(SIGPIPE, SIG_DFL);
    put_on(what.stdio.in, 0);
    put_on(what.stdio.out, 1);
    put_on(what.stdio.err, 2);
    if (what.alone) begin_alone(child);
    for (const int fd : what.pass_fds) ::fcntl(fd, F_SETFD, 0);
    ::execvpe(child.argv[0], child.argv.data(), child.environment.data());
    give_up(child.report);
}

/// Forks. @returns 0 in the child, which is the first of a new process table when it is to be alone; -1 and errno
int fork_child(const Alone& alone) {
    // What a signal of the terminal does to this process it may do to the child, too: sharing our memory, a child that
    // is stopped stops this process for ever, and without our handlers ^C ends what takes things back.
    if (!alone) return ::fork();
    // unshare(2) would put all that this process starts from then on into the new table.
    return static_cast<int>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
}

/// @returns errno of a program that could not be started, 0 when it runs
int reason_told(int told) {
    int reason = 0;
    for (;;) {
        const auto count = ::read(told, &reason, sizeof reason);
        if (count < 0 && errno == EINTR) continue;
        return count == static_cast<ssize_t>(sizeof reason) ? reason : 0;
    }
}

}  // namespace

void give_terminal(int group) {
    const auto before = ::signal(SIGTTOU, SIG_IGN);
    ::tcsetpgrp(0, group);
    ::signal(SIGTTOU, before);
}

int exit_code_of(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<int> spawn(const Spawning& what) {
    if (what.argv.empty()) return fail("a command without a program name");
    hold_when_ending();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error("cannot make a pipe", errno));
    const Fd told(ends[0]);
    Fd report(ends[1]);
    auto added = what.environment;
    if (what.side == Side::behind) added.emplace_back("LC_ALL=C");
    const auto environment = merged_environment(added);
    const Child child{what,       pointers(what.argv), pointers(environment), what.alone.root + "/proc",
                      ::getpid(), told.get(),          report.get()};
    const int pid = fork_child(what.alone);
    if (pid < 0) return fail(errno_error(fmt::format("cannot start {}", what.argv[0]), errno));
    if (pid == 0) become(child);
    if (what.side == Side::behind) {
        ::setpgid(pid, pid);
        enter_group(pid);
    }
    report.reset();
    const int reason = reason_told(told.get());
    if (reason == 0) return pid;
    ::waitpid(pid, nullptr, 0);
    leave_group(pid);
    auto error = errno_error(fmt::format("cannot start {}", what.argv[0]), reason);
    if (reason == ENOENT) error.hint = fmt::format("install the package that brings '{}'", what.argv[0]);
    return fail(std::move(error));
}

Error replace_process(const std::vector<std::string>& argv) {
    auto raw = pointers(argv);
    ::execvp(raw[0], raw.data());
    return errno_error(fmt::format("cannot start {}", argv.empty() ? "nothing" : argv[0]), errno);
}

}  // namespace kld
