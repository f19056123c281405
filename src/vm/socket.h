// SPDX-License-Identifier: BSD-3-Clause
// Unix sockets and loopback ports, as QEMU wants them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/fd.h"

namespace kld::vm {

/// @returns an error that names the path when it does not fit into a socket address (107 bytes)
Status check_socket_path(const std::string& path);

/// Connects to a listening socket, waiting up to `limit` for it to appear.
/// @param alive  asked between attempts; false ends the waiting at once
Result<Fd> connect_unix(
    const std::string& path, std::chrono::milliseconds limit, const std::function<bool()>& alive = [] { return true; });

/// A TCP port that was free on 127.0.0.1 a moment ago.
Result<std::uint16_t> free_port();
bool port_is_free(std::uint16_t port);

/// What `fd` has to read within `limit`, up to 64 KiB; empty when the time is up.
/// @returns an error when the other side has closed
Result<std::string> read_some(const Fd& fd, std::chrono::milliseconds limit);

}  // namespace kld::vm
