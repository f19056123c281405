// SPDX-License-Identifier: BSD-3-Clause
// What a copy-on-write file system removes stays on its disk until something else is written there: host keys, too.
#pragma once

#include <string>

#include "base/files.h"
#include "base/runner.h"

namespace kld::exports {

/// Makes holes of all that is free in the pool, so that nothing of what was removed is in the image. For that moment
/// OpenZFS is told to trim the smallest of ranges; the setting is put back in any case, and stands in `work` for who
/// takes back what a killed export left.
/// @param lock  a file that all exports of this machine lock meanwhile
Status erase_free_space(Runner& runner, Files& files, const std::string& pool, const std::string& work,
                        const std::string& lock);

}  // namespace kld::exports
