// SPDX-License-Identifier: BSD-3-Clause
// Reads the throwaway tree in which the modules are compiled: what is installed there and where things lie.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/runner.h"

namespace kld::modules {

/// A root tree with the headers of a kernel and zfs-dkms, and the way to run programs inside it (a TreeRunner).
struct BuilderTree {
    std::string root;
    Runner* inside = nullptr;
};

/// How the kernel's own package ships its modules; ours go the same way.
struct ModuleLayout {
    std::string directory = "/usr/lib/modules";  ///< or /lib/modules, as dpkg knows it
    bool xz = true;                              ///< .ko.xz, else plain .ko
};

/// Version of an installed package, or empty.
/// @param status  the text of var/lib/dpkg/status
std::string installed_version(std::string_view status, std::string_view package);

/// @param list  the text of var/lib/dpkg/info/linux-image-<kernel>.list
ModuleLayout module_layout(std::string_view list);

/// The version under which dkms knows the OpenZFS source in the tree, e.g. "2.3.9".
Result<std::string> dkms_source_version(Files& files, const std::string& root);

/// The directory of the kernel's modules in the tree, "<root>/usr/lib/modules/<kernel>" or without usr.
Result<std::string> modules_directory(Files& files, const std::string& root, const std::string& kernel);

/// The end of the compiler's log that dkms left in the tree for this kernel; empty when there is none.
std::vector<std::string> compiler_log(Files& files, const std::string& root, const std::string& source_version,
                                      const std::string& kernel);

}  // namespace kld::modules
