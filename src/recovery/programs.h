// SPDX-License-Identifier: BSD-3-Clause
// What the rescue system brings along: its ZFS, and programs that it may not have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::recovery {

struct ZfsVersions {
    std::string tools;   ///< "2.3.2-2", of zfs(8) and zpool(8)
    std::string module;  ///< of the kernel's module; empty while it is not loaded
};

/// Output of `zfs version`.
ZfsVersions parse_versions(std::string_view output);

/// Asks zfs(8), and refuses (exit 3) what cannot be worked with: no zfs(8), no module loaded, one that is older than
/// OpenZFS 2.1. @returns what a person should know: tools and module of different releases; empty when all is well
Result<std::vector<std::string>> expect_usable_zfs(Runner& runner);

/// The first of the directories (as PATH has them) that holds the program; empty when none does.
std::string find_program(Files& files, const std::string& name, const std::string& path);

/// This process's PATH.
std::string program_path();

/// The same there.
std::string find_program(Files& files, const std::string& name);

}  // namespace kld::recovery
