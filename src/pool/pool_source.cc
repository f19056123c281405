// SPDX-License-Identifier: BSD-3-Clause
#include "pool/pool_source.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "pool/kz.h"

namespace kld::pool {

namespace {

/// No kernel stores other names, but an image may come from anywhere, and what is extracted from it goes on to tar.
bool can_be_extracted(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

/// A boot environment may be older than a dataset, and lack the directory where that is mounted. It is said before
/// anything is extracted: the dataset would be left out.
Status check_place(const std::vector<Mount>& mounts, const Mount& mount, const std::map<std::string, kz_fs*>& open) {
    const Mount* holder = &mounts.front();
    for (const auto& other : mounts)
        if (mount.path.starts_with(other.path + "/") && other.path.size() > holder->path.size()) holder = &other;
    const std::string below = mount.path.substr(holder->path.empty() ? 0 : holder->path.size() + 1);
    if (find_object(open.at(holder->path), below)) return {};
    return fail(
        mount.dataset + " has the mountpoint /" + mount.path + ", but " + holder->dataset + " has no such directory",
        "extract datasets one by one, by name");
}

}  // namespace

Selection::Selection(const std::vector<std::string>& patterns) {
    for (const auto& pattern : patterns) {
        auto& parts = patterns_.emplace_back();
        for (auto& part : split(pattern, '/'))
            if (!part.empty()) parts.push_back(std::move(part));
    }
}

bool Selection::wants(const std::string& path, bool is_directory) const {
    if (patterns_.empty()) return true;
    const auto parts = split(path, '/');
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::vector<std::string>& pattern) {
        if (parts.size() < pattern.size() && !is_directory) return false;
        for (std::size_t i = 0; i < std::min(parts.size(), pattern.size()); ++i)
            if (::fnmatch(pattern[i].c_str(), parts[i].c_str(), 0) != 0) return false;
        return true;
    });
}

Result<std::unique_ptr<PoolSource>> PoolSource::open(const OpenPool& pool, const std::vector<Mount>& mounts,
                                                     const std::string& below, Selection selection) {
    auto source = std::make_unique<PoolSource>();
    source->selection_ = std::move(selection);
    for (const auto& mount : mounts) {
        KLD_TRY(FileSystem fs, pool.file_system(mount.dataset));
        source->mounts_[mount.path] = fs.get();
        source->open_.push_back(std::move(fs));
    }
    for (const auto& mount : mounts)
        if (!mount.path.empty()) KLD_CHECK(check_place(mounts, mount, source->mounts_));
    KLD_TRY(source->start_, find_object(source->open_.front().get(), below));
    const auto end = below.find_last_not_of('/');
    const std::string trimmed = end == std::string::npos ? "" : below.substr(0, end + 1);
    source->start_name_ = trimmed.substr(trimmed.rfind('/') == std::string::npos ? 0 : trimmed.rfind('/') + 1);
    return source;
}

Result<bool> PoolSource::next(Entry& entry) {
    entry = {};
    if (!started_) {
        started_ = true;
        KLD_CHECK(take(open_.front().get(), start_, entry));
        if (!S_ISDIR(entry.mode)) entry.path = start_name_;
        return true;
    }
    for (;;) {
        while (!levels_.empty() && levels_.back().next == levels_.back().names.size()) levels_.pop_back();
        if (levels_.empty()) return false;
        const Level& level = levels_.back();
        const NamedObject& named = level.names[level.next];
        if (selection_.wants(level.path + named.name, S_ISDIR(named.mode))) break;
        ++levels_.back().next;
    }
    Level& level = levels_.back();
    const NamedObject& named = level.names[level.next++];
    entry.path = level.path + named.name;
    kz_fs* fs = level.fs;
    std::uint64_t object = named.object;
    if (const auto mount = mounts_.find(entry.path); mount != mounts_.end()) {
        fs = mount->second;
        object = kz_fs_root(fs);
    }
    KLD_CHECK(take(fs, object, entry));
    return true;
}

Status PoolSource::take(kz_fs* fs, std::uint64_t object, Entry& entry) {
    std::string path = std::move(entry.path);
    KLD_TRY(entry, read_entry(fs, object, "/" + path));
    entry.path = std::move(path);
    if (S_ISDIR(entry.mode)) {
        Level level{fs, entry.path.empty() ? "" : entry.path + "/", {}, 0};
        KLD_TRY(level.names, list_directory(fs, object, "/" + entry.path));
        for (const auto& named : level.names)
            if (!can_be_extracted(named.name))
                return fail("/" + entry.path + " holds the name \"" + named.name + "\", which leads out of it");
        levels_.push_back(std::move(level));
        return {};
    }
    if (entry.links > 1) {
        const auto [first, is_new] = linked_.try_emplace({fs, object}, entry.path);
        if (!is_new) {
            entry.hard_link = first->second;
            return {};
        }
    }
    if (!S_ISREG(entry.mode)) return {};
    file_fs_ = fs;
    file_ = object;
    file_path_ = entry.path;
    return find_data(entry);
}

Status PoolSource::find_data(Entry& entry) {
    extents_.clear();
    extent_ = 0;
    offset_ = 0;
    std::uint64_t at = 0;
    while (at < entry.size) {
        std::uint64_t data = at;
        const int error = kz_seek(file_fs_, file_, 0, &data);
        if (error == ENOENT || (error == 0 && data >= entry.size)) break;
        std::uint64_t hole = data;
        const int second = error != 0 ? error : kz_seek(file_fs_, file_, 1, &hole);
        if (second != 0 && second != ENOENT) return fail("cannot read /" + entry.path + ": " + kz_error(second));
        const std::uint64_t end = second == ENOENT || hole <= data ? entry.size : std::min(hole, entry.size);
        extents_.push_back({data, end - data});
        at = end;
    }
    const bool whole = extents_.size() == 1 && extents_[0].offset == 0 && extents_[0].length == entry.size;
    if (!whole && entry.size != 0) {
        entry.has_holes = true;
        entry.data = extents_;
    }
    return {};
}

Result<bool> PoolSource::read(Piece& piece) {
    while (extent_ < extents_.size() && offset_ >= extents_[extent_].offset + extents_[extent_].length) ++extent_;
    if (extent_ == extents_.size()) return false;
    const Extent& extent = extents_[extent_];
    piece.offset = std::max(offset_, extent.offset);
    piece.length =
        std::min<std::uint64_t>(kPieceBytes - piece.offset % kPieceBytes, extent.offset + extent.length - piece.offset);
    piece.data.reset(new char[piece.length]);
    if (const int error = kz_read(file_fs_, file_, piece.offset, piece.data.get(), piece.length))
        return fail("cannot read /" + file_path_ + ": " + kz_error(error));
    offset_ = piece.offset + piece.length;
    return true;
}

}  // namespace kld::pool
