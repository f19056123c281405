// SPDX-License-Identifier: BSD-3-Clause
// What first boot finds on the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::firstboot {

constexpr const char* kMarker = "/var/lib/kldload/first-boot";

/// What an NVMe target knows the machine by; nvme-cli has them. nvme-gen-hostnqn(1).
constexpr const char* kNvmeHostid = "/etc/nvme/hostid";
constexpr const char* kNvmeHostnqn = "/etc/nvme/hostnqn";

/// The partition that holds the pool. Sizes in sectors of 512 bytes, as sysfs counts.
struct PoolPartition {
    std::string device;  ///< "/dev/vda2"
    std::string disk;    ///< "/dev/vda"
    unsigned number = 0;
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    std::uint64_t disk_size = 0;
    bool last = false;  ///< no partition lies behind it
};

struct World {
    bool pending = false;  ///< the marker of an image that never booted is there
    std::string pool;
    std::string compatibility;  ///< what the pool is to be lifted to; empty: leave it
    std::string compatibility_now;
    std::vector<PoolPartition> partitions;  ///< of the pool's leaf vdevs, as far as they are partitions
    std::vector<std::string> initramfs;     ///< paths of all initramfs images in /boot
    std::uint32_t hostid = 0;               ///< that the running kernel was given; 0: none, it labels by the file
    bool has_sshd = false;
    bool has_host_keys = false;
    std::vector<std::string> nvme_names{};  ///< of kNvmeHostid and kNvmeHostnqn, those that NVMe lacks
};

/// Reads the running system. Errors: the root is no ZFS dataset; zpool or zfs failed.
Result<World> probe(Runner& runner, Files& files);

/// The dataset mounted on / according to the text of /proc/self/mountinfo, or empty. proc(5).
std::string root_dataset(const std::string& mountinfo);

}  // namespace kld::firstboot
