// SPDX-License-Identifier: BSD-3-Clause
// One thing of a file tree, as sources give it and extraction takes it.
#pragma once

#include <sys/sysmacros.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kld::pool {

struct Time {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
};

/// Named in full, with its namespace: "security.capability", "user.x", "system.posix_acl_access" (the kernel's binary
/// form).
struct Xattr {
    std::string name;
    std::string value;
};

struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct Entry {
    std::string path{};      ///< from the root of the tree, no slash at either end; "" is the root itself
    std::uint64_t mode = 0;  ///< type and permissions, as in struct stat
    std::uint64_t uid = 0, gid = 0;
    std::uint64_t device = 0;  ///< of a device node, as in struct stat
    std::uint64_t size = 0;    ///< of a regular file, holes included
    Time atime{}, mtime{}, ctime{};
    std::string symlink{};    ///< target
    std::string hard_link{};  ///< when set, this is one more name of the thing that was met at this path
    std::vector<Xattr> xattrs{};
    /// Of a directory, when the source knows them beforehand; else 0.
    std::uint64_t children = 0, subdirectories = 0;
    std::uint64_t links = 0;  ///< names in its dataset; told by pools alone
    /// Where the data of a file with holes lies; told by pools alone.
    bool has_holes = false;
    std::vector<Extent> data{};
};

/// Linux stores a device number in ZFS as the kernel writes it (include/linux/kdev_t.h), not as struct stat has it.
inline std::uint64_t kernel_device(std::uint64_t device) {
    return static_cast<std::uint64_t>(major(device)) << 20 | minor(device);
}
inline std::uint64_t user_device(std::uint64_t device) {
    return makedev(static_cast<unsigned>(device >> 20), static_cast<unsigned>(device & 0xfffff));
}

/// Bytes of a regular file. What no piece covers is a hole.
struct Piece {
    std::uint64_t offset = 0;
    std::size_t length = 0;
    std::unique_ptr<char[]> data{};
};

/// Pieces begin at multiples of this when the file has no holes, so that a record is never written twice.
constexpr std::size_t kPieceBytes = 1U << 20;

}  // namespace kld::pool
