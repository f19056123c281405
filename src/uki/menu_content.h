// SPDX-License-Identifier: BSD-3-Clause
// Collects what goes into the boot menu's initramfs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/tree_runner.h"
#include "uki/initramfs_archive.h"
#include "uki/menu_image.h"
#include "uki/module_tree.h"

namespace kld::uki {

struct MenuContent {
    InitramfsArchive archive;
    std::string kernel_version;
    std::string zfs_version;
    std::vector<std::string> taken;  ///< by their paths in the tree: programs, libraries, the zfs module, data
};

/// @param stage         a directory to make inside the tree, for depmod
/// @param stage_inside  the same directory as programs of the tree see it
Result<MenuContent> collect_menu(const MenuImageRequest& request, TreeRunner& tree, Files& files,
                                 const std::string& stage, const std::string& stage_inside);

/// Adds what programs read: the feature sets of compatibility.d and the compiled keyboard layouts.
Status add_data(const MenuImageRequest& request, Files& files, MenuContent& content);

/// The newest kernel with an image in /boot, modules, and a zfs module among them.
Result<std::string> menu_kernel_version(Files& files, const std::string& tree);

/// Required and wanted drivers with all that they depend on. An error names every required one that is missing.
Result<std::set<std::string>> choose_modules(const ModuleTree& modules, const std::string& version);

/// Checks a module that the menu cannot do without: signed, and built for this kernel. The error names it.
Status check_module(const std::string& name, std::string_view module, const std::string& kernel_version);

}  // namespace kld::uki
