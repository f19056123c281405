// SPDX-License-Identifier: BSD-3-Clause
#include "base/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace kld {

Result<Lock> Lock::wait_for(const std::string& path) {
    KLD_TRY(auto fd, Fd::open(path, O_RDWR | O_CREAT));
    while (::flock(fd.get(), LOCK_EX) != 0)
        if (errno != EINTR) return fail(errno_error("cannot lock " + path, errno));
    return Lock(std::move(fd));
}

Result<Lock> Lock::try_take(const std::string& path, const std::string& busy) {
    KLD_TRY(auto fd, Fd::open(path, O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(busy, "wait for the other process to end", ExitCode::refused);
        return fail(errno_error("cannot lock " + path, errno));
    }
    return Lock(std::move(fd));
}

}  // namespace kld
