// SPDX-License-Identifier: BSD-3-Clause
// An open file descriptor that closes itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace kld {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    /// open(2) with O_CLOEXEC; the error names the path.
    static Result<Fd> open(const std::string& path, int flags, unsigned mode = 0644);

    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);

    /// Writes all of it, at the file position or at `offset` bytes.
    Status write_all(std::string_view bytes) const;
    Status write_at(std::string_view bytes, std::uint64_t offset) const;
    /// Up to `size` bytes at `offset`; fewer at the end of the file.
    Result<std::string> read_at(std::size_t size, std::uint64_t offset) const;
    Result<std::uint64_t> size() const;
    Status sync() const;

private:
    int fd_ = -1;
};

}  // namespace kld
