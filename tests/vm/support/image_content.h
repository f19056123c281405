// SPDX-License-Identifier: BSD-3-Clause
// Takes files out of a finished image, without a machine.
#pragma once

#include <string>

#include "base/result.h"
#include "vm/machine_config.h"

namespace kld::test {

/// What lies at `path` of the boot environment rpool/ROOT/default as it was built, into the new directory `to`.
Status extract_from_image(const std::string& image, const std::string& path, const std::string& to);

/// All of the boot environment rpool/ROOT/default as its machine gets it, owners and modes included, into the new
/// directory `to`.
Status extract_environment(const std::string& image, const std::string& to);

/// Kernel and initramfs of an image, in `directory`, for a machine that starts them without firmware and loader.
Result<vm::DirectKernel> kernel_of(const std::string& image, const std::string& directory,
                                   const std::string& command_line);

}  // namespace kld::test
