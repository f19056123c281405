// SPDX-License-Identifier: BSD-3-Clause
// What a distribution, a profile and a feature are: data, one TOML file each under catalog/.
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

/// Lists by distribution, else by family.
using ByDistro = std::map<std::string, std::vector<std::string>>;

/// What can be added to any profile.
struct Feature {
    std::string id;
    std::string description;
    bool login = false;                  ///< accounts may come with the machine
    bool files = false;                  ///< packaging/features/<id> is shipped as a package
    std::vector<std::string> needs;      ///< features that come along
    std::string program;                 ///< of ours, shipped in that package; empty: none
    std::vector<std::string> initramfs;  ///< files that the initramfs must have
    ByDistro packages;
    ByDistro components;
    ByDistro services;
    std::string digest;
};

/// True when there is a package kldload-<id>.
bool is_shipped(const Feature& feature);

/// All chosen features together, as they are for one distribution. The order in which they were chosen does not count.
struct FeatureSet {
    std::vector<std::string> ids{};
    bool login = false;
    std::vector<std::string> shipped{};  ///< features with files or a program of ours
    std::vector<std::string> initramfs{};
    std::vector<std::string> packages{};
    std::vector<std::string> components{};  ///< beyond those of the distribution
    std::vector<std::string> services{};
    std::string digest{};  ///< empty without a feature
};

/// Parses the text of one file; errors name `path` and the line. An unknown key is an error.
Result<Distro> parse_distro(const std::string& text, const std::string& path);
Result<Profile> parse_profile(const std::string& text, const std::string& path);
Result<Feature> parse_feature(const std::string& text, const std::string& path);

/// Reads `directory`/distros/`id`.toml; an unknown id is a usage error that lists the known ones.
Result<Distro> find_distro(Files& files, const std::string& directory, const std::string& id);
Result<Profile> find_profile(Files& files, const std::string& directory, const std::string& id);
Result<Feature> find_feature(Files& files, const std::string& directory, const std::string& id);

/// Ids of all features.
Result<std::vector<std::string>> feature_ids(Files& files, const std::string& directory);

/// Those asked for and those that they need. One that the distribution is not named in is a usage error.
Result<FeatureSet> find_features(Files& files, const std::string& directory, const std::vector<std::string>& ids,
                                 const Distro& distro);

/// The distribution with the components that the features need.
Distro with_components(Distro distro, const FeatureSet& features);

}  // namespace kld::catalog
