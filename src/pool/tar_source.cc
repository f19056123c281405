// SPDX-License-Identifier: BSD-3-Clause
#include "pool/tar_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pool/posix_acl.h"

namespace kld::pool {

namespace {

/// "./a//b/" → "a/b". An absolute name counts from the root of the tree.
Result<std::string> clean(const char* name, const std::string& shown) {
    if (name == nullptr) return fail(shown + ": an entry has a name that cannot be read");
    std::string path;
    std::string_view rest = name;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (part.empty() || part == ".") continue;
        if (part == "..") return fail(shown + ": the entry " + name + " leads out of the tree by \"..\"");
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

}  // namespace

Result<std::unique_ptr<TarSource>> TarSource::open(const std::string& path) {
    const bool is_stdin = path == "-";
    Fd file;
    if (is_stdin) {
        file = Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
        if (!file.valid()) return fail(errno_error("cannot read the tar stream from stdin", errno));
    } else {
        KLD_TRY(file, Fd::open(path, O_RDONLY));
    }
    Fd stopped(::eventfd(0, EFD_CLOEXEC));
    if (!stopped.valid()) return fail(errno_error("cannot read " + path, errno));
    std::unique_ptr<TarSource> source{
        new TarSource(is_stdin ? "tar stream" : path, std::move(file), std::move(stopped))};
    source->archive_ = archive_read_new();
    if (source->archive_ == nullptr) return fail("out of memory");
    archive_read_support_filter_all(source->archive_);
    archive_read_support_format_tar(source->archive_);
    archive_read_support_format_gnutar(source->archive_);
    archive_read_support_format_empty(source->archive_);
    if (archive_read_open(source->archive_, source.get(), nullptr, read_stream, nullptr) != ARCHIVE_OK)
        return fail(source->broken("cannot be read as tar"));
    return source;
}

ssize_t TarSource::read_stream(archive* to, void* self, const void** bytes) {
    auto& source = *static_cast<TarSource*>(self);
    source.stream_.resize(1U << 20);
    *bytes = source.stream_.data();
    for (;;) {
        pollfd waits[] = {{source.stopped_.get(), POLLIN, 0}, {source.file_.get(), POLLIN, 0}};
        ssize_t count = ::poll(waits, 2, -1);
        if (count > 0 && waits[0].revents != 0) {
            archive_set_error(to, ECANCELED, "nobody wants more of it");
            return -1;
        }
        if (count > 0) count = ::read(source.file_.get(), source.stream_.data(), source.stream_.size());
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        archive_set_error(to, errno, "%s", std::strerror(errno));
        return -1;
    }
}

void TarSource::stop() {
    const std::uint64_t one = 1;
    (void)!::write(stopped_.get(), &one, sizeof one);
}

void TarSource::read_to_the_end() {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0 || S_ISREG(status.st_mode)) return;
    const void* bytes = nullptr;
    while (read_stream(archive_, this, &bytes) > 0) continue;
}

TarSource::~TarSource() {
    if (archive_ != nullptr) archive_read_free(archive_);
}

Error TarSource::broken(const std::string& what) const {
    const char* text = archive_error_string(archive_);
    return Error{shown_ + ": " + what + ": " + (text == nullptr ? "unknown error" : text)};
}

Result<bool> TarSource::next(Entry& entry) {
    entry = {};
    block_length_ = 0;
    archive_entry* from = nullptr;
    const int code = archive_read_next_header(archive_, &from);
    if (code == ARCHIVE_EOF) {
        // Who writes the stream may have died between two entries. Only the blocks of zeros tell that all is there.
        if (archive_filter_bytes(archive_, 0) > archive_read_header_position(archive_)) {
            read_to_the_end();
            return false;
        }
        return fail(shown_ + ": the stream is cut off: the mark at the end of an archive is missing",
                    "see whether the program that writes it failed");
    }
    // A warning means that something was not understood, and the pool would lack it. But what cannot be converted is
    // given as it is, and names are bytes here.
    const char* text = archive_error_string(archive_);
    const bool unconverted =
        code == ARCHIVE_WARN && text != nullptr && std::strstr(text, "can't be converted") != nullptr;
    if (code != ARCHIVE_OK && !unconverted)
        return fail(broken(path_.empty() ? "no entry can be read" : "damaged after " + path_));
    KLD_CHECK(convert(from, entry));
    path_ = entry.path;
    data_ended_ = !S_ISREG(entry.mode) || !entry.hard_link.empty();
    return true;
}

Status TarSource::convert(archive_entry* from, Entry& entry) const {
    KLD_TRY(entry.path, clean(archive_entry_pathname(from), shown_));
    entry.mode = archive_entry_mode(from);
    entry.uid = static_cast<std::uint64_t>(archive_entry_uid(from));
    entry.gid = static_cast<std::uint64_t>(archive_entry_gid(from));
    if (entry.uid > 0xffffffffU || entry.gid > 0xffffffffU)
        return fail(shown_ + ": " + entry.path + " has an owner beyond 32 bits");
    entry.device = archive_entry_rdev(from);
    entry.mtime = {archive_entry_mtime(from), archive_entry_mtime_nsec(from)};
    entry.atime = archive_entry_atime_is_set(from) ? Time{archive_entry_atime(from), archive_entry_atime_nsec(from)}
                                                   : entry.mtime;
    entry.ctime = archive_entry_ctime_is_set(from) ? Time{archive_entry_ctime(from), archive_entry_ctime_nsec(from)}
                                                   : entry.mtime;
    if (const char* target = archive_entry_hardlink(from); target != nullptr) {
        KLD_TRY(entry.hard_link, clean(target, shown_));
        if (entry.hard_link.empty()) return fail(shown_ + ": " + entry.path + " is a hard link to no file");
        return {};
    }
    if (S_ISREG(entry.mode)) entry.size = static_cast<std::uint64_t>(archive_entry_size(from));
    if (S_ISLNK(entry.mode)) {
        const char* target = archive_entry_symlink(from);
        if (target == nullptr) return fail(shown_ + ": the link " + entry.path + " has no target that can be read");
        entry.symlink = target;
    }
    return take_xattrs(from, entry);
}

Status TarSource::take_xattrs(archive_entry* from, Entry& entry) const {
    archive_entry_xattr_reset(from);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t length = 0;
    while (archive_entry_xattr_next(from, &name, &value, &length) == ARCHIVE_OK) {
        const std::string_view view = name;
        if (view.starts_with("system.") && !view.starts_with("system.posix_acl_")) continue;
        // Some write each attribute in two forms.
        const auto same = [name](const Xattr& x) { return x.name == name; };
        if (std::any_of(entry.xattrs.begin(), entry.xattrs.end(), same)) continue;
        entry.xattrs.push_back({name, std::string(static_cast<const char*>(value), length)});
    }
    KLD_CHECK(take_acls(from, shown_, names_, entry));
    std::sort(entry.xattrs.begin(), entry.xattrs.end(), [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
    return {};
}

Result<bool> TarSource::read(Piece& piece) {
    KLD_TRY(const bool more, read_piece(piece));
    if (AccountNames::tells(path_)) {
        if (more) account_text_.append(piece.data.get(), piece.length);
        if (!more) names_.learn(path_, std::exchange(account_text_, {}));
    }
    return more;
}

Result<bool> TarSource::read_piece(Piece& piece) {
    piece = {};
    while (!data_ended_) {
        if (block_length_ == 0) {
            const void* block = nullptr;
            const int code = archive_read_data_block(archive_, &block, &block_length_, &block_offset_);
            if (code == ARCHIVE_EOF) data_ended_ = true;
            if (code != ARCHIVE_EOF && code != ARCHIVE_OK) return fail(broken("cannot read " + path_));
            block_ = static_cast<const char*>(block);
            if (block_length_ == 0) continue;
        }
        const auto offset = static_cast<std::uint64_t>(block_offset_);
        if (piece.data == nullptr) {
            piece.offset = offset;
            piece.data.reset(new char[kPieceBytes - offset % kPieceBytes]);
        }
        const std::size_t room = kPieceBytes - (piece.offset % kPieceBytes) - piece.length;
        if (offset != piece.offset + piece.length || room == 0) return true;
        const std::size_t take = std::min(room, block_length_);
        std::memcpy(piece.data.get() + piece.length, block_, take);
        piece.length += take;
        block_ += take;
        block_length_ -= take;
        block_offset_ += static_cast<std::int64_t>(take);
    }
    return piece.data != nullptr;
}

}  // namespace kld::pool
