// SPDX-License-Identifier: BSD-3-Clause
#include "base/files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace kld {
namespace fs = std::filesystem;

Result<std::string> RealFiles::read(const std::string& path) {
    KLD_TRY(auto fd, Fd::open(path, O_RDONLY));
    std::string bytes;
    std::string chunk(16384, '\0');
    while (true) {
        const auto count = ::read(fd.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error("cannot read " + path, errno));
        if (count == 0) return bytes;
        bytes.append(chunk, 0, static_cast<std::size_t>(count));
    }
}

Status RealFiles::write(const std::string& path, std::string_view bytes, unsigned mode) {
    const auto partial = fmt::format("{}.{}.partial", path, ::getpid());
    const auto put = [&]() -> Status {
        KLD_TRY(auto fd, Fd::open(partial, O_WRONLY | O_CREAT | O_TRUNC, 0600));
        KLD_CHECK(fd.write_all(bytes));
        if (::fchmod(fd.get(), mode) != 0) return fail(errno_error("cannot set the mode of " + partial, errno));
        KLD_CHECK(fd.sync());
        return {};
    };
    if (auto done = put(); !done) {
        ::unlink(partial.c_str());
        return fail(std::move(done.error()).within("cannot write " + path));
    }
    return rename(partial, path);
}

Status RealFiles::overwrite(const std::string& path, std::string_view bytes) {
    KLD_TRY(auto fd, Fd::open(path, O_WRONLY | O_CREAT, 0600));
    KLD_CHECK(fd.write_all(bytes));
    KLD_TRY(const auto size, fd.size());
    if (size > bytes.size() && ::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0)
        return fail(errno_error("cannot cut " + path, errno));
    return fd.sync();
}

Status RealFiles::append(const std::string& path, std::string_view bytes) {
    KLD_TRY(auto fd, Fd::open(path, O_WRONLY | O_CREAT | O_APPEND));
    KLD_CHECK(fd.write_all(bytes));
    return fd.sync();
}

Result<std::vector<std::string>> RealFiles::list(const std::string& path) {
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entries(path, error);
    for (const fs::directory_iterator end; !error && entries != end; entries.increment(error))
        names.push_back(entries->path().filename());
    if (error) return fail(fmt::format("cannot list {}: {}", path, error.message()));
    std::sort(names.begin(), names.end());
    return names;
}

FileKind RealFiles::kind(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return FileKind::none;
    if (S_ISREG(info.st_mode)) return FileKind::regular;
    if (S_ISDIR(info.st_mode)) return FileKind::directory;
    if (S_ISLNK(info.st_mode)) return FileKind::symlink;
    return FileKind::other;
}

Status RealFiles::make_directories(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fail(fmt::format("cannot make the directory {}: {}", path, error.message()));
    return {};
}

Status RealFiles::remove(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return fail(fmt::format("cannot remove {}: {}", path, error.message()));
    return {};
}

Status RealFiles::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        return fail(errno_error(fmt::format("cannot rename {} to {}", from, to), errno));
    return {};
}

Status RealFiles::exchange(const std::string& first, const std::string& second) {
    if (::renameat2(AT_FDCWD, first.c_str(), AT_FDCWD, second.c_str(), RENAME_EXCHANGE) != 0)
        return fail(errno_error(fmt::format("cannot swap {} and {}", first, second), errno));
    return {};
}

Status RealFiles::flush(const std::string& directory) {
    KLD_TRY(const auto fd, Fd::open(directory, O_RDONLY | O_DIRECTORY));
    if (::syncfs(fd.get()) != 0) return fail(errno_error("cannot flush the file system of " + directory, errno));
    return fd.sync();  // FAT's syncfs leaves the last blocks in the cache of the disk
}

Result<TemporaryDirectory> TemporaryDirectory::make(const std::string& parent) {
    KLD_CHECK(RealFiles().make_directories(parent));
    std::string path = parent + "/kldload.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return fail(errno_error("cannot make a directory under " + parent, errno));
    auto lock = Fd::open(path, O_RDONLY | O_DIRECTORY);
    if (!lock || ::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
        const int number = errno;
        ::rmdir(path.c_str());
        return fail(lock ? errno_error("cannot lock " + path, number) : lock.error());
    }
    return TemporaryDirectory(path, std::move(*lock));
}

Result<unsigned> TemporaryDirectory::remove_abandoned(const std::string& parent, std::time_t now) {
    constexpr std::string_view kBegin = "kldload.";
    constexpr std::size_t kRandom = 6;
    constexpr std::time_t kDay = 86400;
    RealFiles files;
    unsigned removed = 0;
    KLD_TRY(const auto names, files.list(parent));
    for (const auto& name : names) {
        if (!name.starts_with(kBegin) || name.size() != kBegin.size() + kRandom) continue;
        const auto path = parent + "/" + name;
        // What cannot be opened is no directory of ours, or another process was faster.
        const auto lock = Fd::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        struct stat status {};
        if (!lock || ::fstat(lock->get(), &status) != 0 || status.st_mtime > now - kDay) continue;
        if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) continue;
        if (files.remove(path)) ++removed;
    }
    return removed;
}

TemporaryDirectory::~TemporaryDirectory() {
    if (!path_.empty()) [[maybe_unused]]
        const auto gone = RealFiles().remove(path_);
}

}  // namespace kld
