// SPDX-License-Identifier: BSD-3-Clause
// Writes the one kind of tar that all importers of appliances read (POSIX.1-1988, ustar). Small enough for static
// programs, which cannot have libarchive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace kld::image {

class UstarWriter {
public:
    /// @param time  of every entry, in seconds since the epoch
    static Result<UstarWriter> create(const std::string& path, long time);

    /// A regular file of mode 0644 that belongs to root. What does not fit is an error: names have 100 bytes, files 8
    /// GiB.
    Status file(const std::string& name, std::string_view bytes);
    /// The same, of a file that may be large.
    Status copy(const std::string& name, const std::string& source);
    /// Must be called: only then the archive is whole.
    Status finish();

private:
    UstarWriter(Fd fd, long time) : fd_(std::move(fd)), time_(time) {}
    Status begin(const std::string& name, std::uint64_t size);
    Status pad();
    Status write(std::string_view bytes);

    Fd fd_;
    long time_;
    std::uint64_t written_ = 0;
};

}  // namespace kld::image
