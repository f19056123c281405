// SPDX-License-Identifier: BSD-3-Clause
// What a kernel module file says about itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld::modules {

/// The fields of .modinfo; empty where the module has none.
struct KernelModule {
    std::string name;
    std::string version;
    std::string vermagic;              ///< "6.12.107+deb13-amd64 SMP preempt mod_unload modversions "
    std::vector<std::string> depends;  ///< names of other modules
    bool has_debug_info = false;       ///< a section .debug_info is there
    bool is_signed = false;            ///< whoever by; a malformed signature is an error

    /// The kernel release that vermagic names, its first word.
    std::string_view release() const;
};

/// @param bytes  the file as it lies on disk: plain ELF or packed as xz, zstd or gzip
/// @returns an error that says what is wrong for anything that is no 64-bit little-endian ELF file with .modinfo
Result<KernelModule> inspect_module(std::string_view bytes);

/// The same for a file; the error names the path.
Result<KernelModule> inspect_module_file(Files& files, const std::string& path);

}  // namespace kld::modules
