// SPDX-License-Identifier: BSD-3-Clause
// The native Debian package of signed modules, as a plan that a packer of the apt family carries out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/module_build.h"

namespace kld::modules {

/// Part of every version and cache key: raise it when the same input would give another package.
inline constexpr int kRecipeRevision = 2;

struct PackagedFile {
    std::string path;  ///< in the target or in the control archive, without a leading slash
    std::string bytes;
    unsigned mode = 0644;
};

struct PackagePlan {
    std::string name;  ///< "zfs-modules-6.12.107+deb13-amd64"
    std::string version;
    std::string architecture;
    std::vector<std::pair<std::string, std::string>> fields;  ///< control fields beyond the ones above, in order
    std::string summary;
    std::string description;
    std::vector<PackagedFile> files;
    std::vector<PackagedFile> control;  ///< postinst, postrm, triggers
    long epoch = 0;  ///< seconds: the time of all files, so that the same modules give the same package
};

/// "zfs-modules-" and the kernel release in the letters that Debian allows in package names.
std::string package_name(const std::string& kernel);

/// "<version of zfs-dkms>+kld<recipe revision>": newer than the source's own, older than its next.
std::string package_version(const std::string& zfs_version);

/// The package that ties a distribution's kernel to its modules: it depends on exactly one version of the kernel's own
/// meta-package and on the modules for the kernel which that stands for. So apt keeps a newer kernel back until there
/// is a newer one of these, which there is only once modules for that kernel exist. apt asks before it removes it.
/// @param meta  the distribution's: "linux-image-amd64"
/// @param meta_version  of it
PackagePlan plan_tie(const ModuleWish& wish, const std::string& meta, const std::string& meta_version, long epoch);

/// "kldload-kernel-amd64" for linux-image-amd64.
std::string tie_name(const std::string& meta);

/// Modules go to <layout>/<kernel>/updates/kldload, which depmod prefers to the kernel's own. Provides zfs-modules,
/// which is what zfs-initramfs and zfsutils-linux ask for; conflicts with zfs-dkms, since both would own the one zfs.ko
/// that is loaded.
Result<PackagePlan> plan_package(const BuiltModules& built, const ModuleWish& wish, const std::string& architecture,
                                 const Certificate& signer);

}  // namespace kld::modules
