// SPDX-License-Identifier: BSD-3-Clause
#include "base/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace kld {

namespace {

/// False when the file was removed by who held the lock before: then it keeps nobody out any more.
bool is_at(const Fd& fd, const std::string& path) {
    struct stat held {
    }, there{};
    return ::fstat(fd.get(), &held) == 0 && ::stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
}

}  // namespace

Result<Lock> Lock::wait_for(const std::string& path) {
    for (;;) {
        KLD_TRY(auto fd, Fd::open(path, O_RDWR | O_CREAT));
        while (::flock(fd.get(), LOCK_EX) != 0)
            if (errno != EINTR) return fail(errno_error("cannot lock " + path, errno));
        if (!is_at(fd, path)) continue;
        ::futimens(fd.get(), nullptr);  // says when it was last asked for; on a read-only place nobody can
        return Lock(std::move(fd));
    }
}

Result<Lock> Lock::try_take(const std::string& path, const std::string& busy) {
    KLD_TRY(auto fd, Fd::open(path, O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(busy, "wait for the other process to end", ExitCode::refused);
        return fail(errno_error("cannot lock " + path, errno));
    }
    if (!is_at(fd, path)) return fail(busy, "try again", ExitCode::refused);
    return Lock(std::move(fd));
}

}  // namespace kld
