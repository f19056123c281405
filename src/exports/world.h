// SPDX-License-Identifier: BSD-3-Clause
// What an export finds: the pool of the running system, its EFI system partition, and the place for the result.
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "boot/dataset.h"
#include "image/esp.h"
#include "image/formats.h"
#include "zfs/mounts.h"
#include "zfs/properties.h"

namespace kld::exports {

/// What a person asks for.
struct Wish {
    image::Format format = image::Format::qcow2;
    image::Compression compression = image::Compression::none;
    std::string output{};           ///< absolute
    std::uint64_t size = 0;         ///< of the disk, bytes; 0: what is needed and some room
    bool keep_identity = false;     ///< the copy is this machine, and not a new one
    bool plain = false;             ///< encrypted datasets become unencrypted ones
    bool raw = false;               ///< encrypted datasets stay as they are, unread
    bool all_environments = false;  ///< not the running boot environment alone
};

/// The EFI system partition of the running system.
struct Esp {
    std::string place{};                  ///< "/boot/efi"
    std::string device{};                 ///< "/dev/vda1"
    std::uint64_t size = 0;               ///< bytes
    std::string partuuid{};               ///< of the partition
    std::string disk_guid{};              ///< of the partition table that it is in
    std::string volume_id{};              ///< "6B1C-03A2"
    std::vector<image::EspFile> files{};  ///< all that is copied: no record of a trial
};

struct World {
    std::string pool{}, running{};  ///< "rpool", "rpool/ROOT/default"
    std::vector<zfs::Mount> mounts{};
    std::vector<boot::Dataset> datasets{};         ///< file systems and volumes of the pool, parents first
    std::map<std::string, zfs::Properties> own{};  ///< what was set on each dataset itself
    zfs::Properties pool_own{};                    ///< what was set on the pool and a copy can have
    std::vector<std::string> features{};           ///< that are on, by name
    std::string compatibility{};                   ///< "openzfs-2.3-linux"; empty: off
    unsigned ashift = 0;
    Esp esp{};
    std::string fstab{}, hostname{};
    bool first_boot = false;              ///< the system has what gives a machine its identity at first boot
    bool host_keys = false;               ///< it has ssh host keys
    std::vector<std::string> dropbear{};  ///< directories with host keys that may lie in an initramfs, too
    FileKind output_kind = FileKind::none, partial_kind = FileKind::none, directory_kind = FileKind::none;
    std::uint64_t free = 0;              ///< bytes, in the directory of the result
    std::string output_mount{};          ///< what that directory lies on: a dataset, or a device
    std::vector<std::string> missing{};  ///< programs that are needed and not there
    std::time_t now = 0;
};

/// The directory of a file: "/srv" of "/srv/web1.qcow2".
std::string directory_of(const std::string& path);

/// Where everything is made: "/srv/web1.qcow2.partial".
std::string work_of(const Wish& wish);

/// Errors: / lies on no dataset; the EFI system partition is not mounted; zfs, zpool, lsblk or df failed.
Result<World> probe(Runner& runner, Files& files, const Wish& wish);

}  // namespace kld::exports
