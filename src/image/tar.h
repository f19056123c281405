// SPDX-License-Identifier: BSD-3-Clause
// Tar archives, over libarchive: reading a root tree once, writing a small overlay.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct archive;

namespace kld::image {

struct TarEntry {
    std::string path;   ///< without leading "./" or "/", without trailing "/"; "" is the root
    unsigned mode = 0;  ///< type and permission bits, as in stat(2)
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;
    std::string link{};  ///< target of a symbolic link, or path of a hard link
    long time = 0;       ///< of modification, seconds since the epoch; of entries that are read
};

/// Reads `path` once. `each` may call `content` for the bytes of the entry at hand; an error of `each` ends the
/// reading.
Status read_tar(
    const std::string& path,
    const std::function<Status(const TarEntry&, const std::function<Result<std::string>()>& content)>& each);

class TarWriter {
public:
    /// @param time  of every entry, in seconds since the epoch
    static Result<TarWriter> create(const std::string& path, long time);
    TarWriter(TarWriter&&) noexcept;
    TarWriter& operator=(TarWriter&&) = delete;
    ~TarWriter();

    Status directory(const std::string& path, unsigned mode, std::uint32_t uid = 0, std::uint32_t gid = 0);
    Status file(const std::string& path, const std::string& bytes, unsigned mode = 0644, std::uint32_t uid = 0,
                std::uint32_t gid = 0);
    Status symlink(const std::string& path, const std::string& target, std::uint32_t uid = 0, std::uint32_t gid = 0);
    /// Must be called: only then the archive is whole.
    Status finish();

private:
    TarWriter(archive* handle, std::string path, long time);
    Status put(const TarEntry& entry, const std::string& bytes);
    archive* handle_;
    std::string path_;
    long time_;
};

}  // namespace kld::image
