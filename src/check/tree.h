// SPDX-License-Identifier: BSD-3-Clause
// Small files of a root tree, wherever that lies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace kld::check {

class Tree {
public:
    /// @param root  "" for the running system
    Tree(Files& files, std::string root) : files_(&files), root_(std::move(root)) {}

    /// The file's content; nothing when it is not there or cannot be read. An absolute link leads out of the tree.
    std::optional<std::string> read(const std::string& path) const;
    bool exists(const std::string& path) const { return files_->exists(root_ + "/" + path); }
    /// Names in a directory; none when there is no such directory.
    std::vector<std::string> names(const std::string& directory) const;
    FileKind kind(const std::string& path) const { return files_->kind(root_ + "/" + path); }
    /// Paths of what a directory holds whose names start with `prefix`, e.g. "usr/src/" and "zfs-".
    std::vector<std::string> matching(const std::string& directory, const std::string& prefix) const;
    const std::string& root() const { return root_; }

private:
    Files* files_;
    std::string root_;
};

}  // namespace kld::check
