// SPDX-License-Identifier: BSD-3-Clause
// A path that somebody wants a dataset at, as it is before.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/files.h"

namespace kld::datasets {

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
    mode_t mode = 0755;
};

struct Place {
    std::string path;  ///< absolute; links are followed above its last part
    FileKind kind = FileKind::none;
    bool empty = true;                   ///< a directory without entries
    std::vector<std::string> missing{};  ///< parents that are not there, outermost first
    Owner owner{};                       ///< of what is there; else what mkdir(1) would give
};

/// Looks at it through the real file system. Errors: a part of the path that is no directory, or not ours to look at.
Result<Place> look_at(const std::string& path);

/// The path itself, absolute and without links. Errors: nothing is there.
Result<std::string> real_path(const std::string& path);

}  // namespace kld::datasets
