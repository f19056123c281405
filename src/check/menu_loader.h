// SPDX-License-Identifier: BSD-3-Clause
// What the EFI system partition starts: our menu behind shim, or another loader.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "check/system.h"

namespace kld::check {

struct MenuLoader {
    std::string path{};         ///< below the partition: "EFI/BOOT/grubx64.efi"; empty when no UKI is found
    std::string problem{};      ///< why it is not known, or what is wrong with it
    std::string kernel{};       ///< release
    std::string zfs_version{};  ///< of the zfs.ko in it
    bool is_signed = false;
};

/// Where ZFSBootMenu's documentation puts it.
inline constexpr const char* kZfsBootMenuPath = "EFI/zbm/VMLINUZ.EFI";

/// What an EFI program starts; `path` is left empty. Nothing for one that is whole and no UKI: shim, GRUB, a shell.
std::optional<MenuLoader> read_loader(std::string_view bytes);

/// The first of the known places that holds an EFI program with a kernel and an initramfs in it.
MenuLoader read_menu_loader(const Esp& esp);

/// Names below EFI/BOOT differ in case between makers; FAT does not care. Nothing when there is no such file.
std::optional<std::string> find_ignoring_case(const Tree& tree, const std::string& path);

}  // namespace kld::check
