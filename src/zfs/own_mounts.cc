// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/own_mounts.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

namespace kld::zfs {

Status have_own_mounts() {
    if (::unshare(CLONE_NEWNS) != 0) return fail(errno_error("cannot have mounts of its own", errno));
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return fail(errno_error("cannot keep mounts to itself", errno));
    return {};
}

}  // namespace kld::zfs
