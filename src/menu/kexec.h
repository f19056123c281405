// SPDX-License-Identifier: BSD-3-Clause
// Loads the chosen kernel and starts it.
#pragma once

#include <string>

#include "base/fd.h"

namespace kld::menu {

/// Loads by kexec_file_load(2); the kernel checks signatures as its lockdown demands. The error says why in words.
Status load_kernel(const Fd& kernel, const Fd& initramfs, const std::string& command_line);

/// What an errno of kexec_file_load means to a person.
std::string explain_load_error(int number);

/// Starts the loaded kernel. Returns only when that failed.
Error start_loaded_kernel();

}  // namespace kld::menu
