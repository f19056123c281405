// SPDX-License-Identifier: BSD-3-Clause
#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace kld {

Result<Fd> Fd::open(const std::string& path, int flags, unsigned mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0) return fail(errno_error("cannot open " + path, errno));
    return Fd(fd);
}

void Fd::reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

Status Fd::write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto count = ::write(fd_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error("cannot write", errno));
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Status Fd::write_at(std::string_view bytes, std::uint64_t offset) const {
    while (!bytes.empty()) {
        const auto count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error("cannot write", errno));
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<std::string> Fd::read_at(std::size_t size, std::uint64_t offset) const {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const auto count = ::pread(fd_, bytes.data() + got, size - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error("cannot read", errno));
        if (count == 0) break;
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

Result<std::uint64_t> Fd::size() const {
    const auto end = ::lseek(fd_, 0, SEEK_END);
    if (end < 0) return fail(errno_error("cannot find the size", errno));
    return static_cast<std::uint64_t>(end);
}

Status Fd::sync() const {
    if (::fsync(fd_) != 0) return fail(errno_error("cannot flush to disk", errno));
    return {};
}

}  // namespace kld
