// SPDX-License-Identifier: BSD-3-Clause
// Who makes an initramfs.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kld::initramfs {

enum class Generator {
    initramfs_tools,  ///< scripts/zfs and conf/conf.d/zfs mount the root
    dracut,           ///< dracut's module zfs: a generator, hooks, and systemd's units of ZFS
    mkinitcpio,       ///< hooks/zfs
    own,              ///< /init does it: no scripts are looked for
    unknown,
};

/// "initramfs-tools", "dracut" or "mkinitcpio"; anything else is a usage error.
Result<Generator> parse_generator(const std::string& name);
const char* name_of(Generator generator);

/// The command that makes the first image of a kernel, and the one that makes it anew, for generators that have one for
/// each kernel; else empty.
std::vector<std::string> make_command(Generator generator, const std::string& kernel);
std::vector<std::string> rebuild_command(Generator generator, const std::string& kernel);

/// For people: the command that makes the images of all kernels anew.
std::string rebuild_all_text(Generator generator);
/// For people: make_command() as a line, or words where there is no such command.
std::string make_text(Generator generator, const std::string& kernel);

}  // namespace kld::initramfs
