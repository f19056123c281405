// SPDX-License-Identifier: BSD-3-Clause
#include "menu/terminals.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/files.h"
#include "base/text.h"

namespace kld::menu {
namespace {

/// The kernel makes nodes for ports that do not exist; those have no type.
bool has_hardware(int fd) {
    serial_struct port{};
    return ::ioctl(fd, TIOCGSERIAL, &port) == 0 && port.type != PORT_UNKNOWN;
}

}  // namespace

Result<Terminal> Terminal::open(const std::string& path, bool kernel_console) {
    KLD_TRY(auto fd, Fd::open(path, O_RDWR | O_NOCTTY | O_NONBLOCK));
    const bool serial = path.starts_with("/dev/ttyS");
    if (serial && !has_hardware(fd.get())) return fail(path + " has no hardware");
    Terminal terminal(path, std::move(fd));
    termios settings{};
    if (serial && !kernel_console && ::tcgetattr(terminal.fd(), &settings) == 0) {
        ::cfsetspeed(&settings, B115200);
        ::tcsetattr(terminal.fd(), TCSANOW, &settings);
    }
    terminal.set_raw();
    return terminal;
}

void Terminal::set_raw() const {
    termios settings{};
    if (::tcgetattr(fd_.get(), &settings) != 0) return;
    ::cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS);
    ::tcsetattr(fd_.get(), TCSANOW, &settings);
}

std::vector<Key> Terminal::read_keys() {
    std::array<char, 256> buffer{};
    const auto count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count <= 0) return {};
    return decoder_.feed({buffer.data(), static_cast<std::size_t>(count)});
}

void Terminal::draw(const Screen& screen) {
    // A line that takes nothing must not fill the memory: it gets the whole screen when it comes back.
    constexpr std::size_t kPendingLimit = 16384;
    if (pending_.size() > kPendingLimit) return forget_screen();
    pending_ += difference(shown_, screen);
    shown_ = screen;
    flush();
}

void Terminal::say(const std::string& text) {
    pending_ += fmt::format("\x1b[{};1H\x1b[?25h\r\n{}\r\n", kRows, replace_all(text, "\n", "\r\n"));
    forget_screen();
    flush();
}

void Terminal::flush() {
    while (!pending_.empty()) {
        const auto count = ::write(fd_.get(), pending_.data(), pending_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        pending_.erase(0, static_cast<std::size_t>(count));
    }
}

std::vector<Terminal> open_terminals() {
    std::vector<std::string> consoles;
    if (const auto active = RealFiles().read("/sys/class/tty/console/active")) consoles = words(trim(*active));
    std::vector<std::string> names{"tty1"};
    for (const auto& name : consoles)
        if (name != "tty0" && !name.starts_with("ttynull")) names.push_back(name);
    for (int port = 0; port < 8; ++port) names.push_back(fmt::format("ttyS{}", port));
    names.emplace_back("hvc0");
    std::vector<Terminal> terminals;
    for (const auto& name : names) {
        const auto path = "/dev/" + name;
        const bool known =
            std::any_of(terminals.begin(), terminals.end(), [&](const auto& t) { return t.path() == path; });
        const bool console = std::find(consoles.begin(), consoles.end(), name) != consoles.end();
        if (known) continue;
        if (auto terminal = Terminal::open(path, console)) terminals.push_back(std::move(*terminal));
    }
    return terminals;
}

}  // namespace kld::menu
