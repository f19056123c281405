// SPDX-License-Identifier: BSD-3-Clause
#include "pool/tree_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "pool/xattrs.h"

namespace kld::pool {

namespace {

void take_status(const struct stat& status, Entry& entry) {
    entry.mode = status.st_mode;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.device = status.st_rdev;
    entry.size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    entry.atime = {status.st_atim.tv_sec, status.st_atim.tv_nsec};
    entry.mtime = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    entry.ctime = {status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}

/// Names and how many of them are directories. Not every file system tells the type: then the number stays unknown (0).
Result<std::uint64_t> list(int directory, const std::string& shown, std::vector<std::string>& names) {
    const int copy = ::fcntl(directory, F_DUPFD_CLOEXEC, 0);
    DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) return fail(errno_error("cannot read the directory " + shown, errno));
    std::uint64_t subdirectories = 0;
    bool known = true;
    errno = 0;
    while (const dirent* found = ::readdir(stream)) {
        const std::string_view name = found->d_name;
        if (name == "." || name == "..") continue;
        if (found->d_type == DT_DIR) ++subdirectories;
        if (found->d_type == DT_UNKNOWN) known = false;
        names.emplace_back(name);
        errno = 0;
    }
    const int number = errno;
    ::closedir(stream);
    if (number != 0) return fail(errno_error("cannot read the directory " + shown, number));
    std::sort(names.begin(), names.end());
    return known ? subdirectories : 0;
}

}  // namespace

Result<std::unique_ptr<TreeSource>> TreeSource::open(const std::string& directory) {
    KLD_TRY(Fd top, Fd::open(directory, O_RDONLY | O_DIRECTORY));
    std::unique_ptr<TreeSource> source{new TreeSource(directory)};
    source->levels_.push_back({std::move(top), "", {}, 0});
    return source;
}

Status TreeSource::enter(Fd directory, const struct stat& status, Entry& entry) {
    Level level{std::move(directory), entry.path.empty() ? "" : entry.path + "/", {}, 0};
    take_status(status, entry);
    KLD_TRY(entry.subdirectories, list(level.directory.get(), shown(entry.path), level.names));
    entry.children = level.names.size();
    KLD_TRY(entry.xattrs, read_xattrs(level.directory.get(), shown(entry.path)));
    levels_.push_back(std::move(level));
    return {};
}

Result<bool> TreeSource::next(Entry& entry) {
    entry = {};
    if (!started_) {
        started_ = true;
        Fd top = std::move(levels_.back().directory);
        levels_.clear();
        struct stat status {};
        if (::fstat(top.get(), &status) != 0) return fail(errno_error("cannot read " + top_, errno));
        KLD_CHECK(enter(std::move(top), status, entry));
        return true;
    }
    while (!levels_.empty() && levels_.back().next == levels_.back().names.size()) levels_.pop_back();
    if (levels_.empty()) return false;
    const std::string name = std::move(levels_.back().names[levels_.back().next++]);
    entry.path = levels_.back().path + name;
    KLD_CHECK(fill(name, entry));
    return true;
}

Status TreeSource::fill(const std::string& name, Entry& entry) {
    const int parent = levels_.back().directory.get();
    struct stat status {};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail(errno_error("cannot read " + shown(entry.path), errno));
    if (S_ISDIR(status.st_mode)) {
        Fd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!directory.valid()) return fail(errno_error("cannot read the directory " + shown(entry.path), errno));
        return enter(std::move(directory), status, entry);
    }
    take_status(status, entry);
    if (status.st_nlink > 1) {
        const auto [first, is_new] = linked_.try_emplace({status.st_dev, status.st_ino}, entry.path);
        if (!is_new) {
            entry.hard_link = first->second;
            return {};
        }
    }
    if (S_ISREG(status.st_mode)) {
        file_ = Fd(::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        file_path_ = shown(entry.path);
        if (!file_.valid()) return fail(errno_error("cannot read " + file_path_, errno));
        size_ = entry.size;
        offset_ = data_end_ = 0;
        sparse_ = static_cast<std::uint64_t>(status.st_blocks) * 512 < size_;
        KLD_TRY(entry.xattrs, read_xattrs(file_.get(), file_path_));
        return {};
    }
    if (S_ISLNK(status.st_mode)) {
        entry.symlink.resize(4096);
        const ssize_t length = ::readlinkat(parent, name.c_str(), entry.symlink.data(), entry.symlink.size());
        if (length < 0) return fail(errno_error("cannot read the link " + shown(entry.path), errno));
        entry.symlink.resize(static_cast<std::size_t>(length));
    }
    KLD_TRY(entry.xattrs, read_xattrs_at(parent, name, shown(entry.path)));
    return {};
}

/// Moves offset_ to the next data and data_end_ to its end. @returns false when only a hole is left
Result<bool> TreeSource::read_ahead_of_hole(Piece& piece) {
    if (offset_ < data_end_) return true;
    if (!sparse_) {
        data_end_ = size_;
        return offset_ < size_;
    }
    const off_t data = ::lseek(file_.get(), static_cast<off_t>(offset_), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return false;
    const off_t end = data < 0 ? -1 : ::lseek(file_.get(), data, SEEK_HOLE);
    if (end < 0) return fail(errno_error("cannot read " + file_path_, errno));
    offset_ = static_cast<std::uint64_t>(data);
    data_end_ = std::min(static_cast<std::uint64_t>(end), size_);
    piece = {};
    return offset_ < data_end_;
}

Result<bool> TreeSource::read(Piece& piece) {
    KLD_TRY(const bool more, read_ahead_of_hole(piece));
    if (!more) return false;
    piece.offset = offset_;
    piece.length = std::min<std::uint64_t>(kPieceBytes - offset_ % kPieceBytes, data_end_ - offset_);
    piece.data.reset(new char[piece.length]);
    std::size_t have = 0;
    while (have < piece.length) {
        const ssize_t got =
            ::pread(file_.get(), piece.data.get() + have, piece.length - have, static_cast<off_t>(piece.offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(errno_error("cannot read " + file_path_, errno));
        if (got == 0)
            return fail(file_path_ + " became shorter while it was read", "pack a tree that nobody writes to");
        have += static_cast<std::size_t>(got);
    }
    offset_ += piece.length;
    return true;
}

}  // namespace kld::pool
