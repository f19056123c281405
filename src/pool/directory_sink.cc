// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <set>
#include <vector>

#include "base/fd.h"
#include "base/files.h"
#include "pool/sink.h"

namespace kld::pool {

namespace {

class DirectorySink final : public Sink {
public:
    DirectorySink(std::string top, Fd top_fd, Events& events)
        : top_(std::move(top)), events_(events), is_root_(::geteuid() == 0) {
        open_.push_back({"", std::move(top_fd)});
    }

    Status begin(const Entry& entry) override {
        KLD_CHECK(enter_parent(entry.path));
        const int parent = open_.back().fd.get();
        const std::string name =
            entry.path.substr(entry.path.rfind('/') == std::string::npos ? 0 : entry.path.rfind('/') + 1);
        if (!entry.hard_link.empty()) return link(entry, parent, name);
        if (S_ISDIR(entry.mode)) return directory(entry, parent, name);
        if (S_ISREG(entry.mode)) {
            file_ = Fd(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
            if (!file_.valid()) return failed("cannot make", entry.path);
            file_entry_ = entry;
            return {};
        }
        if (S_ISLNK(entry.mode)) {
            if (::symlinkat(entry.symlink.c_str(), parent, name.c_str()) != 0)
                return failed("cannot make the link", entry.path);
        } else if (::mknodat(parent, name.c_str(), static_cast<mode_t>((entry.mode & S_IFMT) | 0600), entry.device) !=
                   0) {
            if (errno == EPERM && !is_root_) return lost("device nodes", entry.path);
            return failed("cannot make the node", entry.path);
        }
        return attributes(entry, parent, name);
    }

    Status data(const Piece& piece) override { return file_.write_at({piece.data.get(), piece.length}, piece.offset); }

    Status end() override {
        if (::ftruncate(file_.get(), static_cast<off_t>(file_entry_.size)) != 0)
            return failed("cannot write", file_entry_.path);
        KLD_CHECK(owner(file_entry_, [this](uid_t uid, gid_t gid) { return ::fchown(file_.get(), uid, gid); }));
        KLD_CHECK(xattrs(file_entry_, [this](const Xattr& x) {
            return ::fsetxattr(file_.get(), x.name.c_str(), x.value.data(), x.value.size(), 0);
        }));
        if (::fchmod(file_.get(), static_cast<mode_t>(file_entry_.mode & 07777)) != 0)
            return failed("cannot set the mode of", file_entry_.path);
        const timespec times[2] = {spec(file_entry_.atime), spec(file_entry_.mtime)};
        if (::futimens(file_.get(), times) != 0) return failed("cannot set the times of", file_entry_.path);
        file_.reset();
        return {};
    }

    /// Directories come last: what is made in them changes their times, and a mode may forbid to write.
    Status finish() override {
        open_.clear();
        for (auto entry = directories_.rbegin(); entry != directories_.rend(); ++entry) {
            const std::string path = entry->path.empty() ? top_ : top_ + "/" + entry->path;
            KLD_CHECK(attributes(*entry, AT_FDCWD, path));
        }
        return {};
    }

private:
    struct Open {
        std::string path;  ///< with a slash at the end, or ""
        Fd fd;
    };

    Status failed(const std::string& what, const std::string& path) const {
        return fail(errno_error(what + " " + top_ + "/" + path, errno));
    }

    Status lost(const std::string& kind, const std::string& path) {
        if (lost_.insert(kind).second) events_.warning("not root: " + kind + " are left out, first for /" + path);
        return {};
    }

    static timespec spec(const Time& time) {
        return {static_cast<time_t>(time.seconds), static_cast<long>(time.nanoseconds)};
    }

    /// Sources give a directory right before what is in it: the way up is open already.
    Status enter_parent(const std::string& path) {
        while (!path.starts_with(open_.back().path) || path.find('/', open_.back().path.size()) != std::string::npos) {
            if (open_.size() == 1) return fail("/" + path + " comes before its directory");
            open_.pop_back();
        }
        return {};
    }

    Status directory(const Entry& entry, int parent, const std::string& name) {
        directories_.push_back(entry);
        if (entry.path.empty()) return {};
        if (::mkdirat(parent, name.c_str(), 0700) != 0) return failed("cannot make the directory", entry.path);
        Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd.valid()) return failed("cannot open the directory", entry.path);
        open_.push_back({entry.path + "/", std::move(fd)});
        return {};
    }

    Status link(const Entry& entry, int parent, const std::string& name) {
        if (::linkat(AT_FDCWD, (top_ + "/" + entry.hard_link).c_str(), parent, name.c_str(), 0) == 0) return {};
        if (errno == ENOENT && !is_root_) return lost("device nodes", entry.path);
        return failed("cannot link", entry.path);
    }

    /// First of all: a change of owner takes away setuid bits and capabilities.
    template <typename Chown>
    Status owner(const Entry& entry, const Chown& chown) {
        if (chown(static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) == 0) return {};
        if (is_root_) return failed("cannot set the owner of", entry.path);
        return entry.uid != ::geteuid() || entry.gid != ::getegid() ? lost("owners", entry.path) : Status();
    }

    /// Before the mode, which may forbid to write.
    template <typename Set>
    Status xattrs(const Entry& entry, const Set& set) {
        for (const auto& xattr : entry.xattrs) {
            if (set(xattr) == 0) continue;
            if (!is_root_ && (errno == EPERM || errno == ENOTSUP)) {
                KLD_CHECK(lost("extended attributes that need root", entry.path));
                continue;
            }
            return failed("cannot set the extended attribute " + xattr.name + " of", entry.path);
        }
        return {};
    }

    Status attributes(const Entry& entry, int parent, const std::string& name) {
        KLD_CHECK(owner(entry, [&](uid_t uid, gid_t gid) {
            return ::fchownat(parent, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW);
        }));
        const std::string path = parent == AT_FDCWD ? name : "/proc/self/fd/" + std::to_string(parent) + "/" + name;
        KLD_CHECK(xattrs(entry, [&path](const Xattr& x) {
            return ::lsetxattr(path.c_str(), x.name.c_str(), x.value.data(), x.value.size(), 0);
        }));
        if (!S_ISLNK(entry.mode) && ::fchmodat(parent, name.c_str(), static_cast<mode_t>(entry.mode & 07777), 0) != 0)
            return failed("cannot set the mode of", entry.path);
        const timespec times[2] = {spec(entry.atime), spec(entry.mtime)};
        if (::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("cannot set the times of", entry.path);
        return {};
    }

    std::string top_;
    Events& events_;
    bool is_root_;
    std::vector<Open> open_{};
    std::vector<Entry> directories_{};
    std::set<std::string> lost_{};
    Fd file_{};
    Entry file_entry_{};
};

}  // namespace

Result<std::unique_ptr<Sink>> directory_sink(const std::string& path, Events& events) {
    RealFiles files;
    if (files.kind(path) == FileKind::none) KLD_CHECK(files.make_directories(path));
    KLD_TRY(const auto names, files.list(path));
    if (!names.empty()) return fail(path + " is not empty", "extract into a directory of its own", ExitCode::refused);
    char* real = ::realpath(path.c_str(), nullptr);
    if (real == nullptr) return fail(errno_error("cannot open " + path, errno));
    const std::string top = real;
    std::free(real);
    KLD_TRY(Fd fd, Fd::open(top, O_RDONLY | O_DIRECTORY));
    return std::unique_ptr<Sink>(std::make_unique<DirectorySink>(top, std::move(fd), events));
}

}  // namespace kld::pool
