// SPDX-License-Identifier: BSD-3-Clause
// Permissions of files that are written again.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "base/result.h"

namespace kld {

/// The permissions of what lies at `path`, 0600 for example.
/// @param otherwise  when nothing does
inline unsigned mode_of(const std::string& path, unsigned otherwise) {
    struct stat info {};
    constexpr unsigned kPermissions = 07777;
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & kPermissions : otherwise;
}

/// Nobody but the owner can read it from now on: 0600, for a directory 0700.
inline Status make_private(const std::string& path) {
    struct stat info {};
    const bool found = ::stat(path.c_str(), &info) == 0;
    if (found && ::chmod(path.c_str(), S_ISDIR(info.st_mode) ? 0700 : 0600) == 0) return {};
    return fail(errno_error("cannot make private " + path, errno));
}

}  // namespace kld
