// SPDX-License-Identifier: BSD-3-Clause
// What is mounted where, as the kernel says it (proc_pid_mountinfo(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace kld::zfs {

struct Mount {
    std::string source;  ///< a dataset, or a device
    std::string target;  ///< absolute, unescaped
    std::string type;    ///< "zfs"
};

/// In the order of mounting. Lines that are not understood are left out.
std::vector<Mount> parse_mounts(std::string_view mountinfo);

Result<std::vector<Mount>> read_mounts(Files& files);

/// Where the dataset is mounted, the last place when there are several; empty when it is not.
std::string place_of(const std::vector<Mount>& mounts, const std::string& dataset);

/// The dataset that is seen at `target`: the last mount wins. Empty when that is none of ZFS. After a soft reboot the
/// kernel's command line names another root than this.
std::string dataset_at(const std::vector<Mount>& mounts, const std::string& target);

/// The mount that a path lies on: the longest target above it or the path itself; of several on one place the last.
/// nullptr: none is known.
/// @param path  absolute, without links and dots
const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path);

}  // namespace kld::zfs
