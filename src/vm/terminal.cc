// SPDX-License-Identifier: BSD-3-Clause
#include "vm/terminal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace kld::vm {
namespace {

class RawMode {
public:
    explicit RawMode(int fd) : fd_(fd), active_(::tcgetattr(fd, &saved_) == 0) {
        if (!active_) return;
        termios raw = saved_;
        ::cfmakeraw(&raw);
        ::tcsetattr(fd_, TCSADRAIN, &raw);
    }
    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;
    ~RawMode() {
        if (active_) ::tcsetattr(fd_, TCSADRAIN, &saved_);
    }
    bool active() const { return active_; }

private:
    int fd_;
    termios saved_{};
    bool active_;
};

/// Signals that would end the program become readable instead, so that the terminal is restored first.
class SignalsAsInput {
public:
    SignalsAsInput() {
        sigset_t wanted;
        ::sigemptyset(&wanted);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&wanted, signal);
        ::sigprocmask(SIG_BLOCK, &wanted, &saved_);
        fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    SignalsAsInput(const SignalsAsInput&) = delete;
    SignalsAsInput& operator=(const SignalsAsInput&) = delete;
    ~SignalsAsInput() {
        // What is still pending has been obeyed; unblocked, it would kill us.
        std::array<signalfd_siginfo, 4> pending{};
        while (::read(fd_.get(), pending.data(), sizeof pending) > 0) {
        }
        ::sigprocmask(SIG_SETMASK, &saved_, nullptr);
    }
    int fd() const { return fd_.get(); }

private:
    Fd fd_{};
    sigset_t saved_{};
};

/// @returns what could be read; nothing at the end
std::string_view read_into(int fd, std::array<char, 4096>& buffer) {
    for (;;) {
        const auto count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    }
}

Status write_to(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error("cannot write to the terminal", errno));
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

Result<Left> attach_terminal(const Fd& serial, int input, int output) {
    const SignalsAsInput signals;
    const RawMode raw(input);
    std::array<char, 4096> buffer{};
    std::array<pollfd, 3> fds{{{serial.get(), POLLIN, 0}, {input, POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    for (;;) {
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            if (errno == EINTR) continue;
            return fail(errno_error("cannot wait for the serial console", errno));
        }
        if (fds[2].revents != 0) return Left::signal;
        if (fds[0].revents != 0) {
            const auto said = read_into(serial.get(), buffer);
            if (said.empty()) return Left::machine_ended;
            KLD_CHECK(write_to(output, said));
        }
        if (fds[1].revents == 0) continue;
        const auto typed = read_into(input, buffer);
        const auto leave = raw.active() ? typed.find(kLeaveKey) : std::string_view::npos;
        if (!typed.substr(0, leave).empty() && !serial.write_all(typed.substr(0, leave))) return Left::machine_ended;
        if (leave != std::string_view::npos) return Left::person;
        // A closed pipe or /dev/null says nothing more; a terminal that is gone ends it.
        if (typed.empty() && raw.active()) return Left::signal;
        if (typed.empty()) fds[1].fd = -1;
    }
}

}  // namespace kld::vm
