// SPDX-License-Identifier: BSD-3-Clause
#include "shell.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/runner.h"

namespace kld::menu {
namespace {

/// Line editing by the terminal, echo, Ctrl-C: what the menu had turned off.
void set_cooked(int fd) {
    termios settings{};
    if (::tcgetattr(fd, &settings) != 0) return;
    settings.c_iflag = ICRNL | IXON;
    settings.c_oflag = OPOST | ONLCR;
    settings.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
    settings.c_cflag |= CREAD | CLOCAL;
    ::tcsetattr(fd, TCSANOW, &settings);
}

}  // namespace

int recovery_shell(const std::string& terminal) {
    // A leader of a process group, as which this one was started, cannot open a session.
    ::setpgid(0, ::getpgid(1));
    ::setsid();
    const int fd = ::open(terminal.c_str(), O_RDWR);
    if (fd < 0) {
        std::perror(terminal.c_str());
        return 1;
    }
    ::ioctl(fd, TIOCSCTTY, 1);
    set_cooked(fd);
    for (int standard = 0; standard < 3; ++standard) ::dup2(fd, standard);
    if (fd > 2) ::close(fd);
    ::setenv("HOME", "/root", 1);
    ::setenv("TERM", terminal.find("/tty1") != std::string::npos ? "linux" : "vt102", 1);
    ::setenv("PS1", "recovery# ", 1);
    std::fputs(
        "\nRecovery shell: busybox, zfs and zpool. Pools are imported read-only: mount with -o zfsutil,ro\n"
        "`exit` goes back to the menu.\n",
        stdout);
    std::fflush(stdout);
    if (::chdir("/root") != 0) std::perror("/root");
    const auto error = replace_process({"/bin/sh"});
    std::fputs(error.message.c_str(), stderr);
    return 1;
}

}  // namespace kld::menu
