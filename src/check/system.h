// SPDX-License-Identifier: BSD-3-Clause
// What is checked: everything that decides about booting, read once, so that the rows are plain functions of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "boot/dataset.h"
#include "boot/kernels.h"
#include "boot/os_release.h"
#include "check/tree.h"
#include "initramfs/check.h"
#include "modules/kernel_image.h"
#include "modules/kernel_module.h"

namespace kld::check {

enum class Kind { image, disk, directory, running };
const char* name_of(Kind kind);

using initramfs::Generator;

/// A kernel module as it lies somewhere.
struct Module {
    std::string path;     ///< below the tree or in the image; empty when it is not there
    std::string problem;  ///< why it could not be understood
    std::optional<modules::KernelModule> facts{};
};

struct Kernel {
    std::string version;    ///< release, by the file's name
    std::string path;       ///< "boot/vmlinuz-6.12.107+deb13-amd64"
    std::string initramfs;  ///< "boot/initrd.img-6.12.107+deb13-amd64", empty: the menu does not show the kernel
    bool is_default = false;

    std::optional<modules::KernelImage> image{};
    std::string image_problem{};
    std::optional<initramfs::Report> content{};  ///< of the initramfs
    std::string content_problem{};
    Module packed_zfs{}, packed_spl{};  ///< in the initramfs
    Module tree_zfs{}, tree_spl{};      ///< below usr/lib/modules
    bool has_headers = false;
};

struct Environment {
    std::string dataset;  ///< empty when the tree is no dataset
    Tree tree;
    boot::OsRelease system{};
    Generator generator = Generator::unknown;
    std::map<std::string, std::string> packages{};  ///< installed by dpkg: name → version
    std::vector<Kernel> kernels{};                  ///< in the menu's order, those without initramfs too
    std::vector<boot::KernelPair> pairs{};          ///< as the menu sees them
    std::string pin_problem{};                      ///< what the menu says about org.zfsbootmenu:kernel
    std::optional<std::uint32_t> hostid{};          ///< of etc/hostid
    bool fresh = false;                             ///< first boot is still to come
};

struct Label {
    std::string state;  ///< "active", "exported", …
    std::uint32_t hostid = 0;
};

struct Pool {
    std::string name;
    std::map<std::string, std::string> properties{};  ///< with "feature@…": disabled, enabled, active
    std::vector<boot::Dataset> datasets{};            ///< file systems, parents first
    std::vector<boot::Dataset> snapshots{};
    std::optional<Label> label{};

    const std::string& value(const std::string& property) const;  ///< "-" when it is not set
};

/// The EFI system partition, with its files in a directory.
struct Esp {
    Tree tree;
    std::string type;      ///< "vfat"
    std::string uuid;      ///< of the file system, as blkid has it: "1234-ABCD"
    std::string partuuid;  ///< of the partition, lower case
    std::uint64_t free = 0;
    bool dirty = false;  ///< was not unmounted, or has known errors
};

struct System {
    std::string subject;
    Kind kind = Kind::directory;
    std::optional<Pool> pool{};
    std::vector<Environment> environments{};
    std::optional<Esp> esp{};
    std::optional<std::uint32_t> running_hostid{};
    std::string unread{};  ///< why there is no ESP or pool, when there should be

    const Environment* environment_of(const std::string& dataset) const;
};

/// Reads a root tree: its kernels, initramfs images, modules and packages. What cannot be read is a fact, no error.
/// @param dataset  nullptr when the tree is no dataset
Environment read_environment(Tree tree, const boot::Dataset* dataset);

}  // namespace kld::check
