// SPDX-License-Identifier: BSD-3-Clause
#include "base/files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/fd.h"

namespace kld {
namespace fs = std::filesystem;

Result<std::string> RealFiles::read(const std::string& path) {
    KLD_TRY(auto fd, Fd::open(path, O_RDONLY));
    std::string bytes;
    std::string chunk(65536, '\0');
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
    KLD_TRY(auto fd, Fd::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    KLD_CHECK(fd.write_all(bytes));
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
    return TemporaryDirectory(path);
}

TemporaryDirectory::~TemporaryDirectory() {
    if (!path_.empty()) [[maybe_unused]]
        const auto gone = RealFiles().remove(path_);
}

}  // namespace kld
