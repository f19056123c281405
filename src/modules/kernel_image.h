// SPDX-License-Identifier: BSD-3-Clause
// What a kernel image (bzImage) says about itself.
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace kld::modules {

struct KernelImage {
    std::string version;     ///< "6.12.107+deb13-amd64 (debian-kernel@…) #1 SMP …"
    bool pe_signed = false;  ///< a PE certificate table is there; whose it is and whether it holds is not checked

    /// The kernel release, the first word of the version.
    std::string_view release() const;
};

/// Reads the x86 boot protocol header (Documentation/arch/x86/boot.rst) and the PE header.
Result<KernelImage> inspect_kernel(std::string_view bytes);

/// The same for a file; the error names the path.
Result<KernelImage> inspect_kernel_file(Files& files, const std::string& path);

}  // namespace kld::modules
