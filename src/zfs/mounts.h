// SPDX-License-Identifier: BSD-3-Clause
// What is mounted where, as the kernel says it (proc_pid_mountinfo(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace kld::zfs {

struct Mount {
    std::string source;      ///< a dataset, or a device
    std::string target;      ///< absolute, unescaped
    std::string type;        ///< "zfs"
    std::string root = "/";  ///< what of it is seen there: a directory in it, when that was bound to the target
};

/// In the order of mounting. Lines that are not understood are left out.
std::vector<Mount> parse_mounts(std::string_view mountinfo);

Result<std::vector<Mount>> read_mounts(Files& files);

/// Where the whole dataset is mounted: the first place at which it is seen, which others may be bound from. Empty when
/// it is not mounted; a place that something else covers when there is no other.
std::string place_of(const std::vector<Mount>& mounts, const std::string& dataset);

/// The dataset that is seen at `target`: the last mount wins. Empty when that is none of ZFS, or a directory of a
/// dataset that was bound there. After a soft reboot the kernel's command line names another root than this.
std::string dataset_at(const std::vector<Mount>& mounts, const std::string& target);

/// The mount that holds `path` (absolute, without "..", "//" and links): the deepest one, of several on one place the
/// last. nullptr when there is none.
const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path);

/// "/srv/data" → "/srv", "/srv" → "/". @param path  absolute
std::string parent_directory(const std::string& path);

/// True when `path` is `directory` or lies below it, by their names.
bool lies_in(const std::string& path, const std::string& directory);

}  // namespace kld::zfs
