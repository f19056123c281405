// SPDX-License-Identifier: BSD-3-Clause
// A directory as a source: in order of names, links not followed.
#pragma once

#include <sys/stat.h>

#include <map>
#include <utility>

#include "base/fd.h"
#include "pool/source.h"

namespace kld::pool {

class TreeSource final : public Source {
public:
    static Result<std::unique_ptr<TreeSource>> open(const std::string& directory);
    Result<bool> next(Entry& entry) override;
    Result<bool> read(Piece& piece) override;

private:
    /// A directory that is being walked.
    struct Level {
        Fd directory;
        std::string path;  ///< with a slash at the end, or ""
        std::vector<std::string> names{};
        std::size_t next = 0;
    };
    explicit TreeSource(std::string top) : top_(std::move(top)) {}
    Status enter(Fd directory, const struct stat& status, Entry& entry);
    Status fill(const std::string& name, Entry& entry);
    Result<bool> read_ahead_of_hole(Piece& piece);
    std::string shown(const std::string& path) const { return path.empty() ? top_ : top_ + "/" + path; }

    std::string top_;
    std::vector<Level> levels_{};
    bool started_ = false;
    std::map<std::pair<dev_t, ino_t>, std::string> linked_{};  ///< first paths of files with several names
    Fd file_{};                                                ///< the regular file being read
    std::string file_path_{};
    std::uint64_t size_ = 0, offset_ = 0, data_end_ = 0;
    bool sparse_ = false;
};

}  // namespace kld::pool
