// SPDX-License-Identifier: BSD-3-Clause
// What the firmware of a machine starts: our boot menu, or an EFI program that a person gives.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/answers.h"
#include "image/esp.h"
#include "pipeline/menu.h"

namespace kld::pipeline {

/// ZFSBootMenu: one file with kernel, initramfs and ZFS in it.
struct ForeignLoader {
    std::string bytes;
    std::string sha256;       ///< of the bytes, lower case
    std::string zfs_version;  ///< of the zfs.ko in it
};

using Loader = std::variant<Menu, ForeignLoader>;

/// The loader that the answers choose among those of the distribution, when it is not our menu. Errors: it is not
/// offered, no file or digest is given for it, the digest is another one, the file could not boot this machine.
Result<std::optional<ForeignLoader>> foreign_loader(Files& files, const catalog::Distro& distro,
                                                    const config::Answers& answers);

/// What first boot may lift the pool to: the distribution's feature set, or an older one that the loader knows.
std::string lift_for(const catalog::Distro& distro, const std::optional<ForeignLoader>& loader);

/// What it is made of, for those who ask whether an image is current.
std::string digest_of(const Loader& loader);

/// The files of the EFI system partition. @param scratch  a directory for those that lie nowhere yet
Result<std::vector<image::EspFile>> esp_files(Build& build, const Loader& loader, const std::string& scratch);

}  // namespace kld::pipeline
