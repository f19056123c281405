// SPDX-License-Identifier: BSD-3-Clause
// The EFI system partition inside a disk image, made without mounting anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/runner.h"

namespace kld::image {

struct EspFile {
    std::string source;  ///< path on the builder
    std::string target;  ///< "EFI/BOOT/BOOTX64.EFI"
};

/// What firmware finds: shim under the fallback name, our menu under the name that shim looks for, MokManager, and the
/// certificate to enrol. The same with Secure Boot on or off.
std::vector<EspFile> boot_files(const std::string& shim, const std::string& mok_manager, const std::string& menu,
                                const std::string& certificate_der);

/// The same for a loader that is not ours: under the fallback name, since a disk image takes no firmware entry along,
/// and where ZFSBootMenu's own documentation has it. Without shim: it would start only what its own keys have signed.
std::vector<EspFile> foreign_boot_files(const std::string& loader);

/// Makes a FAT32 file system of `size` bytes at `offset` of `image` and copies the files. A set of files that does not
/// fit is an error with both sizes.
Status write_esp(Runner& runner, const std::string& image, std::uint64_t offset, std::uint64_t size,
                 const std::vector<EspFile>& files);

}  // namespace kld::image
