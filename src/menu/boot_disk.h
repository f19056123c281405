// SPDX-License-Identifier: BSD-3-Clause
// Which disk the firmware started the menu from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kld::menu {

/// The text of an EFI variable as efivarfs gives it: four bytes of attributes, then UTF-16, lower-cased here.
std::string efi_variable_text(std::string_view bytes);

/// GUID of the partition that the menu came from, from the variable LoaderDevicePartUUID of systemd's stub
/// (systemd.io/BOOT_LOADER_INTERFACE); "" when there is none. Needs the module efivarfs.
std::string boot_partition();

/// Name of the disk ("nvme0n1") that holds the partition; "" when it is not there.
std::string disk_with_partition(const std::string& guid);

/// True when one of the devices ("/dev/nvme0n1p2") is the disk or a partition of it.
bool lies_on(const std::vector<std::string>& devices, const std::string& disk);

}  // namespace kld::menu
