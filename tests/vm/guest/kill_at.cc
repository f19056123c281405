// SPDX-License-Identifier: BSD-3-Clause
// kill-at N COMMAND…: runs a command and kills it before its Nth system call that changes something, starts a program
// or takes a lock; with 0 it says after the command's end how many there were. Programs that the command starts are not
// touched, and have ended when kill-at ends. With a negative N the command is stopped there instead and "kill-at:
// stopped" written on /dev/console: for who wants to take the power away at that moment.
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
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    long seen = 0;
    int signal = 0;
    for (;;) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, signal);  // fails when the command is being killed: then it ends
        if (::waitpid(child, &status, 0) != child || WIFEXITED(status) || WIFSIGNALED(status)) break;
        signal = WSTOPSIG(status);
        if (signal != (SIGTRAP | 0x80)) continue;  // one of its own, to be passed on
        signal = 0;
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !counts(info)) continue;
        ++seen;
        if (where < 0 && seen == -where) stop_for_ever();
        if (where > 0 && seen == where) ::kill(child, SIGKILL);
    }
    wait_for_all_others();
    if (where == 0) std::printf("kill-at: %ld\n", seen);
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}
