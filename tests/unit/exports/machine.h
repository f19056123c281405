// SPDX-License-Identifier: BSD-3-Clause
// The machine that the tests of exports are about.
#pragma once

#include <string>
#include <vector>

#include "exports/plan.h"

namespace kld::exports::test {

constexpr std::time_t kNow = 1795752000;  // Fri Nov 27 04:00:00 2026
constexpr std::uint64_t kMiB = 1 << 20;
constexpr const char* kTemporary = "kexport-20261127-040000";

inline boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount,
                             std::uint64_t referenced) {
    return {name,
            {{"type", {"filesystem", {}}},
             {"mountpoint", {mountpoint, {}}},
             {"canmount", {canmount, {}}},
             {"used", {std::to_string(2 * referenced), {}}},
             {"referenced", {std::to_string(referenced), {}}},
             {"encryption", {"off", {}}},
             {"encryptionroot", {"-", {}}},
             {"keystatus", {"-", {}}}}};
}

/// What stands in /boot/efi and the like is below `files`, "" for the places of a real machine.
inline World machine() {
    World world;
    world.pool = "rpool";
    world.running = "rpool/ROOT/default";
    world.mounts = {{"rpool/ROOT/default", "/", "zfs"},
                    {"rpool/home", "/home", "zfs"},
                    {"rpool/var/log", "/var/log", "zfs"},
                    {"/dev/vda1", "/boot/efi", "vfat"},
                    {"/dev/vdb", "/mnt", "ext4"}};
    world.datasets = {dataset("rpool", "none", "off", 98304),
                      dataset("rpool/ROOT", "none", "off", 98304),
                      dataset("rpool/ROOT/default", "/", "noauto", 1000 * kMiB),
                      dataset("rpool/ROOT/old", "/", "noauto", 900 * kMiB),
                      dataset("rpool/ROOT/old/below", "/below", "on", 50 * kMiB),
                      dataset("rpool/home", "/home", "on", 20 * kMiB),
                      dataset("rpool/var", "/var", "off", 98304),
                      dataset("rpool/var/log", "/var/log", "on", 4 * kMiB)};
    world.own["rpool"] = {
        {"canmount", "off"}, {"compression", "lz4"}, {"mountpoint", "none"}, {"reservation", "1048576"}};
    world.own["rpool/ROOT/default"] = {
        {"canmount", "noauto"}, {"com.example:note", "two  words"}, {"mountpoint", "/"}, {"utf8only", "off"}};
    world.own["rpool/home"] = {{"mountpoint", "/home"}};
    world.pool_own = {{"autotrim", "on"}, {"com.example:owner", "somebody"}};
    world.features = {"async_destroy", "large_dnode", "zstd_compress"};
    world.compatibility = "openzfs-2.3-linux";
    world.ashift = 12;
    world.esp = {.place = "/boot/efi",
                 .device = "/dev/vda1",
                 .size = 512 * kMiB,
                 .partuuid = "0a0a0a0a-0000-4000-8000-000000000001",
                 .disk_guid = "0a0a0a0a-0000-4000-8000-000000000000",
                 .volume_id = "6B1C-03A2",
                 .files = {{"/boot/efi/EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTX64.EFI"},
                           {"/boot/efi/EFI/BOOT/grubx64.efi", "EFI/BOOT/grubx64.efi"}}};
    world.fstab = "PARTUUID=0a0a0a0a-0000-4000-8000-000000000001 /boot/efi vfat umask=0077,nofail 0 0\n";
    world.first_boot = true;
    world.host_keys = true;
    world.directory_kind = FileKind::directory;
    world.free = 40ULL << 30;
    world.output_mount = "/dev/vdb";
    world.now = kNow;
    return world;
}

inline Wish wish() {
    Wish wish;
    wish.output = "/mnt/web1.qcow2";
    return wish;
}

/// Makes datasets encrypted, with the key of `root`.
inline void encrypt(World& world, const std::string& root, const std::string& keystatus = "available") {
    for (auto& one : world.datasets)
        if (zfs::lies_in(one.name, root)) {
            one.properties["encryption"].value = "aes-256-gcm";
            one.properties["encryptionroot"].value = root;
            one.properties["keystatus"].value = keystatus;
        }
}

}  // namespace kld::exports::test
