// SPDX-License-Identifier: BSD-3-Clause
#include "vm/socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace kld::vm {

using Clock = std::chrono::steady_clock;

namespace {

/// Binds `wanted` of 127.0.0.1 (0: any) and gives it free again. @returns the port, 0 when it cannot be had
std::uint16_t bind_port(std::uint16_t wanted) {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(wanted);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    // As QEMU does it: a port whose last connection still lingers counts as free.
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), raw, size) != 0 || ::getsockname(fd.get(), raw, &size) != 0) return 0;
    return ntohs(address.sin_port);
}

}  // namespace

Status check_socket_path(const std::string& path) {
    if (path.size() < sizeof(sockaddr_un::sun_path)) return {};
    return fail(fmt::format("path is too long for a Unix socket ({} of at most {} bytes): {}", path.size(),
                            sizeof(sockaddr_un::sun_path) - 1, path),
                "set TMPDIR to a directory with a shorter name");
}

Result<Fd> connect_unix(const std::string& path, std::chrono::milliseconds limit, const std::function<bool()>& alive) {
    KLD_CHECK(check_socket_path(path));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto deadline = Clock::now() + limit;
    for (;;) {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!fd.valid()) return fail(errno_error("cannot make a socket", errno));
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
        const int number = errno;
        if (!alive() || Clock::now() >= deadline) return fail(errno_error("cannot connect to " + path, number));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

Result<std::uint16_t> free_port() {
    const auto port = bind_port(0);
    if (port == 0) return fail(errno_error("cannot find a free port on 127.0.0.1", errno));
    return port;
}

bool port_is_free(std::uint16_t port) {
    return bind_port(port) == port;
}

Result<std::string> read_some(const Fd& fd, std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd poll_fd{fd.get(), POLLIN, 0};
        const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::max<long long>(left, 0)));
        if (ready == 0) return std::string();
        std::string bytes(65536, '\0');
        const auto count = ready < 0 ? -1 : ::read(fd.get(), bytes.data(), bytes.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0 && errno != ECONNRESET) return fail(errno_error("cannot read from a socket", errno));
        if (count <= 0) return fail("the other side has closed the connection");
        bytes.resize(static_cast<std::size_t>(count));
        return bytes;
    }
}

}  // namespace kld::vm
