// SPDX-License-Identifier: BSD-3-Clause
// What a system calls itself, and how its initramfs wants the root dataset spelled.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kld::boot {

struct OsRelease {
    std::string id;
    std::vector<std::string> like{};
    std::string pretty_name{};
};

/// Parses os-release(5); the file is never run by a shell. Lines that are no assignment are ignored.
OsRelease parse_os_release(std::string_view text);

/// "root=zfs:", "zfs=" or "root=ZFS=": the first of ID and ID_LIKE that is known decides, "root=zfs:" otherwise.
std::string root_prefix_for(const OsRelease& system);

}  // namespace kld::boot
