// SPDX-License-Identifier: BSD-3-Clause
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"
#include "pool/posix_acl.h"
#include "pool/sink.h"

namespace kld::pool {

namespace {

struct EntryFree {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class TarSink final : public Sink {
public:
    TarSink(std::string shown, Fd file, Events& events)
        : shown_(std::move(shown)), file_(std::move(file)), events_(events) {}
    ~TarSink() override {
        if (archive_ != nullptr) archive_write_free(archive_);
    }
    TarSink(const TarSink&) = delete;
    TarSink& operator=(const TarSink&) = delete;

    Status open() {
        archive_ = archive_write_new();
        if (archive_ == nullptr) return fail("out of memory");
        archive_write_set_format_pax(archive_);
        // Names and attributes are bytes: nothing is to be converted or left out.
        archive_write_set_format_option(archive_, "pax", "hdrcharset", "BINARY");
        archive_write_set_format_option(archive_, "pax", "xattrheader", "SCHILY");
        if (archive_write_open_fd(archive_, file_.get()) != ARCHIVE_OK) return broken("cannot write");
        return {};
    }

    Status begin(const Entry& entry) override {
        path_ = entry.path;
        written_ = 0;
        skipping_ = S_ISSOCK(entry.mode);
        if (skipping_) {
            events_.warning("/" + entry.path + ": a socket has no form in tar and is left out");
            return {};
        }
        const std::unique_ptr<archive_entry, EntryFree> to(archive_entry_new());
        KLD_CHECK(convert(entry, to.get()));
        return archive_write_header(archive_, to.get()) == ARCHIVE_OK ? Status()
                                                                      : broken("cannot write " + path_ + " to");
    }

    Status data(const Piece& piece) override {
        if (skipping_) return {};
        // libarchive takes the bytes between the holes it was told of, one after the other, but counts the holes as
        // well.
        KLD_CHECK(pad(piece.offset));
        return put(piece.data.get(), piece.length);
    }

    Status end() override {
        if (skipping_) return {};
        KLD_CHECK(pad(size_));
        return archive_write_finish_entry(archive_) == ARCHIVE_OK ? Status() : broken("cannot write " + path_ + " to");
    }

    Status finish() override { return archive_write_close(archive_) == ARCHIVE_OK ? Status() : broken("cannot end"); }

private:
    Status broken(const std::string& what) const {
        const char* text = archive_error_string(archive_);
        return fail(what + " " + shown_ + ": " + (text == nullptr ? "unknown error" : text));
    }

    Status put(const char* bytes, std::size_t length) {
        while (length != 0) {
            const la_ssize_t done = archive_write_data(archive_, bytes, length);
            if (done <= 0) return broken("cannot write " + path_ + " to");
            bytes += done;
            length -= static_cast<std::size_t>(done);
            written_ += static_cast<std::uint64_t>(done);
        }
        return {};
    }

    Status pad(std::uint64_t to) {
        static const std::string zeros(1U << 16, '\0');
        while (written_ < to) KLD_CHECK(put(zeros.data(), std::min<std::uint64_t>(zeros.size(), to - written_)));
        return {};
    }

    Status convert(const Entry& entry, archive_entry* to) {
        archive_entry_set_pathname(to, entry.path.empty() ? "." : entry.path.c_str());
        archive_entry_set_mode(to, static_cast<mode_t>(entry.mode));
        archive_entry_set_uid(to, static_cast<la_int64_t>(entry.uid));
        archive_entry_set_gid(to, static_cast<la_int64_t>(entry.gid));
        archive_entry_set_mtime(to, entry.mtime.seconds, static_cast<long>(entry.mtime.nanoseconds));
        archive_entry_set_atime(to, entry.atime.seconds, static_cast<long>(entry.atime.nanoseconds));
        if (!entry.hard_link.empty()) {
            archive_entry_set_hardlink(to, entry.hard_link.c_str());
            archive_entry_unset_size(to);
            size_ = 0;
            return {};
        }
        size_ = entry.size;
        archive_entry_set_size(to, static_cast<la_int64_t>(entry.size));
        if (S_ISLNK(entry.mode)) archive_entry_set_symlink(to, entry.symlink.c_str());
        if (S_ISBLK(entry.mode) || S_ISCHR(entry.mode)) archive_entry_set_rdev(to, entry.device);
        if (entry.has_holes) {
            for (const auto& extent : entry.data)
                archive_entry_sparse_add_entry(to, static_cast<la_int64_t>(extent.offset),
                                               static_cast<la_int64_t>(extent.length));
            if (entry.data.empty()) archive_entry_sparse_add_entry(to, static_cast<la_int64_t>(entry.size), 0);
        }
        for (const auto& xattr : entry.xattrs)
            if (!xattr.name.starts_with("system.posix_acl_"))
                archive_entry_xattr_add_entry(to, xattr.name.c_str(), xattr.value.data(), xattr.value.size());
        return give_acls(entry, to);
    }

    std::string shown_;
    Fd file_;
    Events& events_;
    archive* archive_ = nullptr;
    std::string path_{};
    std::uint64_t size_ = 0, written_ = 0;
    bool skipping_ = false;
};

}  // namespace

Result<std::unique_ptr<Sink>> tar_sink(const std::string& path, Events& events) {
    Fd file;
    if (path == "-") {
        file = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        if (!file.valid()) return fail(errno_error("cannot write to stdout", errno));
    } else {
        KLD_TRY(file, Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC));
    }
    auto sink = std::make_unique<TarSink>(path == "-" ? "stdout" : path, std::move(file), events);
    KLD_CHECK(sink->open());
    return sink;
}

Status pour(Source& source, Sink& sink, Events& events) {
    Entry entry;
    Piece piece;
    std::uint64_t bytes = 0;
    while (true) {
        KLD_TRY(const bool more, source.next(entry));
        if (!more) return sink.finish();
        KLD_CHECK(sink.begin(entry));
        if (!S_ISREG(entry.mode) || !entry.hard_link.empty()) continue;
        while (true) {
            KLD_TRY(const bool data, source.read(piece));
            if (!data) break;
            KLD_CHECK(sink.data(piece));
            bytes += piece.length;
        }
        KLD_CHECK(sink.end());
        events.progress(-1, bytes);
    }
}

}  // namespace kld::pool
