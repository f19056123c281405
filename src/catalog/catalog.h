// SPDX-License-Identifier: BSD-3-Clause
// What a distribution and a profile are: data, one TOML file each under catalog/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld::catalog {

enum class ModuleModel { built, dkms, vendor, none };

/// The word of the catalogue and of the answers: "built", "dkms", …
const char* name_of(ModuleModel model);

/// One entry of catalog/distros. Field names are those of the file.
struct Distro {
    std::string id;
    std::string name;
    std::string family;

    std::string suite;
    std::vector<std::string> updates;
    std::string security;
    std::vector<std::string> components;
    std::string keyring;         ///< path on the builder, and on the target
    std::string target_sources;  ///< path inside the tree
    std::string variant;

    std::string kernel_package;
    std::string headers_package;

    std::vector<ModuleModel> modules;  ///< what can be chosen, the usual one first
    std::string zfs_source;
    std::vector<std::string> zfs_packages;
    std::string compatibility;

    std::vector<std::string> initramfs;                                  ///< generators, the usual one first
    std::map<std::string, std::vector<std::string>> initramfs_packages;  ///< by generator
    std::vector<std::string> loaders;  ///< what the firmware can start, the usual one first
    std::string command_line;

    unsigned cim_os_type = 0;    ///< CIM_OperatingSystem.OSType
    std::string vmware_os_type;  ///< VMware's guestId

    std::string digest;  ///< sha256 of the file, for caches
};

struct Profile {
    std::string id;
    std::string description;
    std::string network;                                       ///< ifupdown or networkmanager
    bool ssh = false;                                          ///< an ssh server is part of it
    std::map<std::string, std::vector<std::string>> packages;  ///< by family
    std::string digest;
};

/// Parses the text of one file; errors name `path` and the line. An unknown key is an error.
Result<Distro> parse_distro(const std::string& text, const std::string& path);
Result<Profile> parse_profile(const std::string& text, const std::string& path);

/// Reads `directory`/distros/`id`.toml; an unknown id is a usage error that lists the known ones.
Result<Distro> find_distro(Files& files, const std::string& directory, const std::string& id);
Result<Profile> find_profile(Files& files, const std::string& directory, const std::string& id);

}  // namespace kld::catalog
