// SPDX-License-Identifier: BSD-3-Clause
// Proves by its content that an initramfs can mount a ZFS root.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "initramfs/generator.h"
#include "initramfs/image.h"

namespace kld::initramfs {

struct Expectations {
    std::string kernel;                   ///< release: modules of another one do not count
    std::optional<std::string> hostid{};  ///< the four bytes of /etc/hostid; without it any hostid but zero will do
    Generator generator = Generator::initramfs_tools;
    /// Drivers of disks that must be there, as a module or built in.
    std::vector<std::string> drivers{"nvme", "ahci", "sd_mod", "virtio_blk", "virtio_scsi", "usb-storage"};
    std::vector<std::string> files{};  ///< that must be there besides, with something in them
};

/// Ids: "zfs.ko" "spl.ko" "modules.dep" "zpool" "zfs" "mount.zfs" "import" "hostid" "libraries" "driver.<name>"
/// "file.<path>" "unpacked".
struct Finding {
    std::string id;
    bool ok = false;
    std::string evidence;  ///< what was seen, with the path
    std::string fix;       ///< what to do; empty when ok
};

struct Report {
    std::vector<Finding> findings;
    /// "zfs" and "spl" → the file as it lies in the image, for those who check vermagic and signature.
    std::map<std::string, std::string> modules;
    /// All that is in it; of libraries, programs of ZFS, hostid and cache file the content, too.
    Image image;

    bool ok() const;
    /// The findings that are not ok as an error with one detail each; call it when !ok().
    Error error(const std::string& image) const;
};

/// @returns an error only when the image cannot be read to its end; what is missing in it is a finding
Result<Report> check_initramfs(std::string_view image, const Expectations& expected);
Result<Report> check_initramfs_file(const std::string& path, const Expectations& expected);

}  // namespace kld::initramfs
