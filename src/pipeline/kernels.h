// SPDX-License-Identifier: BSD-3-Clause
// Staying current: modules for the kernels that an archive offers, and a repository of them for machines to update
// from.
#pragma once

#include <string>
#include <vector>

#include "pipeline/build.h"

namespace kld::pipeline {

struct KernelState {
    std::string release;
    std::string version;   ///< of the kernel's package
    bool current = false;  ///< the one that the distribution's meta-package stands for
    bool built = false;    ///< signed modules are in the cache
};

/// Oldest first.
Result<std::vector<KernelState>> list_kernels(Build& build, const std::string& distro);

/// What of an archive's kernels is meant.
struct KernelChoice {
    std::vector<std::string> releases{};  ///< empty: the current one
    bool all = false;
};

/// Builds modules that the cache lacks. @returns paths of the packages, in the order of the releases
/// An unknown release is a usage error that lists the known ones.
Result<std::vector<std::string>> build_modules(Build& build, const std::string& distro, const KernelChoice& choice);

struct Published {
    std::string directory;  ///< `to`/<distribution>
    std::string key;        ///< file of the public key in it
    std::vector<std::string> packages;
};

/// Adds modules of the chosen kernels, the package that ties the current kernel to its modules, and what else of
/// kldload a machine has, to a signed repository. What is there already stays.
Result<Published> publish_repository(Build& build, const std::string& distro, const KernelChoice& choice,
                                     const std::string& to);

}  // namespace kld::pipeline
