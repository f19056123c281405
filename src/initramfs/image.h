// SPDX-License-Identifier: BSD-3-Clause
// Reads an initramfs as a kernel does (init/initramfs.c): archive after archive, plain or compressed, later entries
// over earlier.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "initramfs/decoders.h"

namespace kld::initramfs {

struct Entry {
    std::uint32_t mode = 0;                ///< as in stat(2), with the type
    std::uint64_t size = 0;                ///< bytes of a regular file
    std::string target{};                  ///< of a symbolic link
    std::optional<std::string> content{};  ///< of a regular file that was asked for

    bool is_file() const { return (mode & 0170000U) == 0100000U; }
    bool is_directory() const { return (mode & 0170000U) == 0040000U; }
    bool is_link() const { return (mode & 0170000U) == 0120000U; }
};

/// One archive, or one compressed stream of archives.
struct Segment {
    std::uint64_t offset = 0;  ///< in the image
    std::uint64_t bytes = 0;   ///< in the image
    Format format = Format::cpio;
    std::size_t entries = 0;
};

struct Image {
    /// What the kernel has after unpacking all: path without leading slash, links in its directories followed → entry.
    std::map<std::string, Entry> entries;
    std::vector<Segment> segments;
    /// Entries whose directory did not exist when their turn came: a kernel drops them without a word.
    std::vector<std::string> lost;

    /// The path without links on the way (at most 40 are followed, as by the kernel); nothing when it leads nowhere.
    /// What no image has counts as nowhere, so that a small one cannot take hours: a path of more than 4096 bytes, or a
    /// way over more than 1000 names.
    /// @param last  whether a link at the very end is followed, too
    std::optional<std::string> resolve(std::string_view path, bool last = true) const;

    /// What a program that opens `path` would find.
    const Entry* find(std::string_view path) const;
};

/// Says for which files the content is kept, by the path as written in the archive without "./" and "/".
using Keep = std::function<bool(std::string_view path)>;

/// Kept contents and names are at most this together; an image that wants more is an error.
inline constexpr std::uint64_t kMostKept = std::uint64_t{256} << 20;

/// @returns an error that names the byte offset in the image for anything that a kernel would not unpack to the end
Result<Image> read_image(std::string_view bytes, const Keep& keep);

/// The same for a file; the error names the path.
Result<Image> read_image_file(const std::string& path, const Keep& keep);

}  // namespace kld::initramfs
