// SPDX-License-Identifier: BSD-3-Clause
// Writes an initramfs: a newc cpio, packed with zstd, the same bytes for the same content.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace kld::uki {

struct ArchiveNode {
    unsigned mode = 0;      ///< type and permissions, as in stat
    std::string content{};  ///< of a file, or the target of a link
    unsigned device_major = 0;
    unsigned device_minor = 0;
};

class InitramfsArchive {
public:
    /// `path` is relative ("usr/bin/busybox"). Missing parents are made, 0755.
    void add_file(const std::string& path, std::string content, unsigned mode = 0644);
    void add_link(const std::string& path, std::string target);
    void add_directory(const std::string& path, unsigned mode = 0755);
    void add_character_device(const std::string& path, unsigned device_major, unsigned device_minor);

    /// Sorted, owned by root, all times zero; zstd at level 10: level 19 takes twenty times as long and saves a tenth.
    Status write(const std::string& output) const;

    const std::map<std::string, ArchiveNode>& nodes() const { return nodes_; }

private:
    void add(const std::string& path, ArchiveNode node);
    std::map<std::string, ArchiveNode> nodes_;
};

}  // namespace kld::uki
