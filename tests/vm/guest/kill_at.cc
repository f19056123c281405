// SPDX-License-Identifier: BSD-3-Clause
// kill-at N COMMAND…: runs a command and kills it before its Nth system call that changes something, starts a program
// or takes a lock, in any of its threads; with 0 it says after the command's end, on stderr, how many there were.
// Programs that the command starts are not touched, and have ended when kill-at ends. With a negative N the command is
// stopped there instead and "kill-at: stopped" written on /dev/console: for who wants to take the power away at that
// moment.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string_view>

namespace {

constexpr std::array kCounted{
    SYS_clone,    SYS_clone3,    SYS_fork,      SYS_vfork,       SYS_write,     SYS_writev,
    SYS_pwrite64, SYS_openat,    SYS_open,      SYS_rename,      SYS_renameat,  SYS_renameat2,
    SYS_unlink,   SYS_unlinkat,  SYS_mkdir,     SYS_mkdirat,     SYS_rmdir,     SYS_link,
    SYS_linkat,   SYS_symlink,   SYS_symlinkat, SYS_fsync,       SYS_fdatasync, SYS_mount,
    SYS_umount2,  SYS_flock,     SYS_fcntl,     SYS_ftruncate,   SYS_sendfile,  SYS_copy_file_range,
    SYS_wait4,    SYS_waitid,    SYS_unshare,   SYS_chdir,       SYS_chroot,    SYS_fchmod,
    SYS_fchown,   SYS_utimensat, SYS_fsetxattr, SYS_close_range, SYS_exit_group};

/// Of openat those that could make or change a file.
bool counts(const __ptrace_syscall_info& info) {
    const auto number = static_cast<long>(info.entry.nr);
    if (std::find(kCounted.begin(), kCounted.end(), number) == kCounted.end()) return false;
    if (number == SYS_openat) return (info.entry.args[2] & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    if (number == SYS_open) return (info.entry.args[1] & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    return true;
}

constexpr int kSystemCall = SIGTRAP | 0x80;

/// The signal that a stopped thread was to get, or 0 when it was stopped for us.
int to_pass_on(pid_t thread, int status, std::set<pid_t>& threads) {
    const bool is_new = threads.insert(thread).second;  // begins with a SIGSTOP
    const int signal = WSTOPSIG(status);
    if (signal == kSystemCall || status >> 16 != 0 || (is_new && signal == SIGSTOP)) return 0;
    return signal == SIGTRAP ? 0 : signal;
}

void wait_for_all_others() {
    while (::wait(nullptr) > 0 || errno == EINTR) {
    }
}

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::_Exit(125);
}

void stop_for_ever() {
    const std::string_view text = "kill-at: stopped\n";
    const int console = ::open("/dev/console", O_WRONLY | O_NOCTTY);
    if (console < 0 || ::write(console, text.data(), text.size()) < 0) give_up("/dev/console");
    for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: kill-at N COMMAND…\n", stderr);
        return 125;
    }
    const long where = std::atol(argv[1]);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::execvp(argv[2], argv + 2);
        give_up(argv[2]);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) give_up("the command did not start");
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
    long seen = 0;
    std::set<pid_t> threads{child};
    for (pid_t thread = child;;) {
        // Fails when the command is being killed: then it ends.
        ::ptrace(PTRACE_SYSCALL, thread, nullptr, to_pass_on(thread, status, threads));
        do thread = ::waitpid(-1, &status, __WALL);
        while (thread > 0 && thread != child && !WIFSTOPPED(status));  // a thread's end, or a program's that it started
        if (thread <= 0 || !WIFSTOPPED(status)) break;
        if (WSTOPSIG(status) != kSystemCall) continue;
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !counts(info)) continue;
        ++seen;
        if (where < 0 && seen == -where) stop_for_ever();
        if (where > 0 && seen == where) ::kill(child, SIGKILL);
    }
    wait_for_all_others();
    if (where == 0) std::fprintf(stderr, "kill-at: %ld\n", seen);
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}
