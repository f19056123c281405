// SPDX-License-Identifier: BSD-3-Clause
// Datasets of a pool as a source: one tree, put together by mountpoints.
#pragma once

#include <map>
#include <utility>

#include "pool/open_pool.h"
#include "pool/source.h"

namespace kld::pool {

/// A dataset and the path of the tree where it lies; "" is the root.
struct Mount {
    std::string path{};
    std::string dataset{};
};

/// Which paths of a tree are wanted, by shell patterns: "boot", "etc/zfs", "usr/lib/modules/*/updates". What a pattern
/// names is wanted with all below it, and so are the directories that lead there. No patterns: everything.
class Selection {
public:
    /// A leading slash and slashes at the end do not count.
    explicit Selection(const std::vector<std::string>& patterns);
    bool wants(const std::string& path, bool is_directory) const;

private:
    std::vector<std::vector<std::string>> patterns_;
};

class PoolSource final : public Source {
public:
    /// @param mounts  the first is the root, with path ""
    /// @param below  only this path of the root dataset: it becomes the root of the tree, or the only entry when it is
    /// no directory
    static Result<std::unique_ptr<PoolSource>> open(const OpenPool& pool, const std::vector<Mount>& mounts,
                                                    const std::string& below, Selection selection = Selection({}));
    Result<bool> next(Entry& entry) override;
    Result<bool> read(Piece& piece) override;

private:
    struct Level {
        kz_fs* fs = nullptr;
        std::string path{};  ///< with a slash at the end, or ""
        std::vector<NamedObject> names{};
        std::size_t next = 0;
    };
    Status take(kz_fs* fs, std::uint64_t object, Entry& entry);
    Status find_data(Entry& entry);

    std::vector<FileSystem> open_{};
    Selection selection_{{}};
    std::map<std::string, kz_fs*> mounts_{};
    std::vector<Level> levels_{};
    std::uint64_t start_ = 0;  ///< object where the tree begins
    std::string start_name_{};
    bool started_ = false;
    std::map<std::pair<kz_fs*, std::uint64_t>, std::string> linked_{};
    kz_fs* file_fs_ = nullptr;
    std::uint64_t file_ = 0;
    std::string file_path_{};
    std::vector<Extent> extents_{};
    std::size_t extent_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace kld::pool
