// SPDX-License-Identifier: BSD-3-Clause
// Fills the datasets of a new pool with entries, in the order they come; a later entry replaces an earlier one of the
// same path. Datasets that were received hold something already: there it goes over what is there in the same way.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "pool/kz.h"
#include "pool/kz_fs.h"
#include "pool/read_ahead.h"
#include "pool/routes.h"
#include "pool/size_needed.h"
#include "pool/xattrs.h"

namespace kld::pool {

class Filler {
public:
    /// @param open  the file systems by index in the layout; null for those that take no files
    /// @param received  for each of them, whether it may hold something
    Filler(const Layout& layout, std::vector<kz_fs*> open, std::vector<bool> received);
    Filler(const Filler&) = delete;
    Filler& operator=(const Filler&) = delete;

    /// Takes an item of the read-ahead; its memory may be needed until the next flush.
    Status add(Item item);
    /// Takes what has this path away, with all that is below it. Nothing there is an error.
    Status take_away(const std::string& path);
    /// Missing mountpoints, link counts and sizes.
    Status finish();
    const FillCounts& counts() const { return counts_; }
    /// True when the pool, or a dataset's quota, is too small for what came.
    bool is_full() const { return is_full_; }

private:
    /// What is known of a directory while the pool is filled.
    struct Directory {
        std::size_t dataset = 0;
        std::uint64_t object = 0;         ///< 0 while it waits in the batch
        const kz_new* waiting = nullptr;  ///< its place in the batch
        std::uint64_t children = 0, subdirectories = 0;
        std::uint64_t written_children = 0, written_subdirectories = 0;
    };
    struct Waiting {
        Item item;
        std::string name{};
        std::string packed{};
        std::vector<kz_piece> pieces{};
        std::vector<Xattr> in_directory{};
        Directory* directory = nullptr;
    };

    static constexpr std::size_t kMaxName = 255;
    static std::uint64_t hash_of(const std::string& path) { return std::hash<std::string>{}(path); }
    static std::uint64_t key_of(std::size_t dataset, std::uint64_t object) {
        return static_cast<std::uint64_t>(dataset) << 48 | object;
    }

    Status begin(Item item);
    Status more(Item item);
    Result<Directory*> parent_of(const std::string& path);
    /// The directory of this path, or null: what is no directory or not there. Not what waits in the batch.
    Result<Directory*> directory_at(const std::string& path);
    Result<Directory*> adopt(const std::string& path, std::size_t dataset, std::uint64_t object);
    /// How many names an object has.
    Result<std::uint64_t> links_of(std::size_t dataset, std::uint64_t object, const std::string& path);
    /// Notes that the path is taken. @returns false when something may be there
    bool claim(const std::string& path, std::size_t dataset);
    Status add_implied(const std::string& path);
    Status add_thing(Item item, Directory& parent, bool is_stub);
    Status add_mountpoint(Item item);
    Status add_link(const Entry& entry);
    /// Frees the name for a new thing. @returns true when a directory is there and stays
    Result<bool> make_room(const std::string& path, Directory& parent, const std::string& name, bool for_directory);
    Status remove(const std::string& path, Directory& parent, const std::string& name, std::uint64_t object,
                  std::uint64_t mode);
    Status merge(const Entry& entry, Directory& directory);
    Result<SplitXattrs> xattrs_for(const Entry& entry, std::size_t dataset) const;
    Status set_hidden(std::size_t dataset, std::uint64_t object, const std::vector<Xattr>& xattrs,
                      const std::string& path);
    Status flush();
    Status finish_counts();
    Error failed(const std::string& what, const std::string& path, int error);

    const Layout& layout_;
    Routes routes_;
    std::vector<kz_fs*> open_;
    std::vector<bool> received_;
    std::unordered_map<std::string, Directory> directories_{};
    std::unordered_set<std::uint64_t> names_{};                 ///< hashes of paths that exist, or existed
    std::unordered_map<std::uint64_t, std::uint64_t> links_{};  ///< dataset and object → how many names, when over one
    std::size_t batch_dataset_ = 0;
    std::vector<kz_new> batch_{};
    std::deque<Waiting> waiting_{};
    std::size_t batch_bytes_ = 0;
    std::string last_path_{};  ///< of the file whose data may go on
    std::size_t last_dataset_ = 0;
    std::uint64_t last_object_ = 0;
    Time root_time_{};  ///< for what has no entry
    FillCounts counts_{};
    bool is_full_ = false;
};

}  // namespace kld::pool
