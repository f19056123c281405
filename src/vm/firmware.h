// SPDX-License-Identifier: BSD-3-Clause
// UEFI firmware for virtual machines: where Debian's `ovmf` package keeps it.
#pragma once

#include <string>

#include "base/files.h"

namespace kld::vm {

struct Firmware {
    std::string code;           ///< read-only flash image
    std::string vars;           ///< flash image with the firmware's variables
    bool private_vars = false;  ///< the machine may write to `vars`; otherwise it writes to a throwaway layer
    bool secure_boot = false;   ///< `code` enforces Secure Boot and needs SMM
};

inline constexpr const char* kOvmfDirectory = "/usr/share/OVMF";

/// The 4 MiB OVMF build. With `secure_boot`, the variables hold Microsoft's keys and Secure Boot is on.
/// @returns an error naming the file and the package when it is not installed
Result<Firmware> find_firmware(Files& files, bool secure_boot, const std::string& directory = kOvmfDirectory);

}  // namespace kld::vm
