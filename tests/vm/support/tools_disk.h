// SPDX-License-Identifier: BSD-3-Clause
// Programs of the builder, for a guest that has none.
#pragma once

#include <string>

#include "base/result.h"
#include "vm/machine_config.h"

namespace kld::test {

/// Makes a disk with kldload and the libraries that it needs beside the guest's own libc.
/// @param directory  where the image goes
Result<vm::Drive> make_tools_disk(const std::string& directory);

/// Mounts it in the guest; run after each boot. What follows is run by `kKldload`: by the loader, because a variable
/// for the libraries would reach the programs of the guest that kldload runs.
inline constexpr const char* kMountTools = "mkdir -p /run/tools && mount -o ro /dev/disk/by-id/virtio-tools /run/tools";
inline constexpr const char* kKldload = "/lib64/ld-linux-x86-64.so.2 --library-path /run/tools/lib /run/tools/kldload ";

}  // namespace kld::test
