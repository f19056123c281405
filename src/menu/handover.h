// SPDX-License-Identifier: BSD-3-Clause
// Hands the passphrase that the menu was given over to the next kernel's initramfs, in memory alone.
#pragma once

#include <string_view>
#include <vector>

#include "base/fd.h"
#include "initramfs/cpio_writer.h"
#include "menu/secret.h"
#include "menu/world.h"

namespace kld::menu {

/// True when this scripts/zfs of initramfs-tools asks extensions for the key before it asks a person (OpenZFS 2.2 and
/// later).
bool takes_key(std::string_view root_script);

/// True when the entry's initramfs takes a key, and the kernel does not keep the initramfs for reading
/// (`retain_initrd`).
/// @param arguments  its command line
bool can_hand_over(const Entry& entry, std::string_view arguments);

/// The passphrase, readable by root alone, and an extension of scripts/zfs that loads it and destroys it.
std::vector<initramfs::NewEntry> key_entries(const Secret& passphrase);

/// The initramfs with these entries behind it, in a file that exists in memory only.
Result<Fd> initramfs_with_key(const Fd& initramfs, const Secret& passphrase);

}  // namespace kld::menu
