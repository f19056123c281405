// SPDX-License-Identifier: BSD-3-Clause
// What tells one machine from another, taken out of the copy of one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::exports {

inline constexpr const char* kFirstBootProgram = "/usr/lib/kldload/kldload-firstboot";
inline constexpr const char* kHostKeyPrefix = "ssh_host_";

struct NewIdentity {
    std::string esp_place{};     ///< in fstab
    std::string esp_partuuid{};  ///< of the new disk
    std::uint32_t hostid = 0;    ///< for a system without first boot
};

/// Directories that reset_identity() changes, without the place: they must lie on the root itself.
const std::vector<std::string>& identity_directories();

/// Makes a fresh machine of the root file system mounted at `place`: what an image has never had is removed. Where
/// kldload's first boot is installed it makes the new identity; elsewhere hostid and ssh host keys are made here.
/// What has no /etc is no system, and stays as it is.
/// @returns what was reset, for people
/// Errors: a directory that is a link, which may lead to the running system
Result<std::vector<std::string>> reset_identity(Runner& runner, Files& files, const std::string& place,
                                                const NewIdentity& identity);

/// fstab with the line for the EFI system partition leading to the new one.
std::string with_new_esp(const std::string& fstab, const std::string& esp_place, const std::string& partuuid);

/// Places that fstab mounts from disks that no export takes along and whose lack would hold up a boot.
std::vector<std::string> foreign_mounts(const std::string& fstab, const std::string& esp_place);

}  // namespace kld::exports
