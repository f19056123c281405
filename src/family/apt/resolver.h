// SPDX-License-Identifier: BSD-3-Clause
// A private apt, beside the host's: which kernel and which ZFS the distribution offers today.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::apt {

struct Resolved {
    std::string kernel_package;  ///< "linux-image-6.12.107+deb13-amd64"
    std::string kernel;          ///< its release: "6.12.107+deb13-amd64"
    std::string kernel_version;  ///< of the package
    std::string meta_version;    ///< of the package that stands for the newest kernel
    std::string zfs_version;     ///< of the package that brings the module sources, or of zfsutils-linux
    std::string index_digest;    ///< sha256 over all Release files: changes when the archive does
    long date = 0;               ///< seconds: when the newest of them was made
};

/// Updates the indices in `directory` (made when missing; signatures are checked by apt) and reads them.
/// @param lines  sources.list(5) lines with signed-by
Result<Resolved> resolve(Runner& runner, Files& files, const std::string& directory,
                         const std::vector<std::string>& lines, const std::string& kernel_package,
                         const std::string& zfs_package);

/// What the archive must have beyond what resolve() asked for; resolve() must have filled `directory`. apt itself
/// passes over a component that an archive does not have. Errors name all that is missing.
Status check_offers(Runner& runner, const std::string& directory, const std::vector<std::string>& components,
                    const std::vector<std::string>& packages);

/// "NAME VERSION" of each package as the archive has it now, in the order of the names; resolve() must have filled
/// `directory`. Errors name a package that it lacks.
Result<std::vector<std::string>> offered_versions(Runner& runner, const std::string& directory,
                                                  const std::vector<std::string>& packages);

struct OfferedKernel {
    std::string release;  ///< "6.12.107+deb13-amd64"
    std::string package;
    std::string version;  ///< of the package
};

/// Kernels of the meta-package's flavour that the archive offers, oldest first; resolve() must have filled `directory`.
Result<std::vector<OfferedKernel>> offered_kernels(Runner& runner, const std::string& directory,
                                                   const std::string& kernel_package);

/// True for "linux-image-6.12.107+deb13-amd64" when the meta-package is linux-image-amd64; not for that itself, nor for
/// other flavours ("-rt-amd64",
/// "-cloud-amd64"), debug symbols and unsigned kernels.
bool is_of_flavour(const std::string& package, const std::string& kernel_package);

}  // namespace kld::apt
