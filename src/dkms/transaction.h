// SPDX-License-Identifier: BSD-3-Clause
// What a transaction of apt would do to kernels and to ZFS on a machine that compiles its modules with dkms.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/runner.h"

namespace kld::dkms {

/// A package file that apt is about to install.
struct Incoming {
    std::string name;     ///< "linux-image-6.12.90+deb13-amd64"
    std::string version;  ///< "6.12.90-1"
    std::string path;     ///< of the .deb
};

struct Transaction {
    std::vector<std::string> kernels;       ///< releases of the kernels that come: "6.12.90+deb13-amd64"
    std::vector<Incoming> kernel_packages;  ///< what a pin must name: images and headers, the meta-packages too
    std::vector<Incoming> build_packages;   ///< headers and what they need to be used
    std::vector<Incoming> zfs_source;       ///< zfs-dkms, when a newer one comes
};

/// @param list  what apt writes to DPkg::Pre-Install-Pkgs: paths of .deb files, one per line
/// @returns an error when a file cannot be read as a package
Result<Transaction> read_transaction(Runner& runner, const std::string& list);

/// What is installed now.
struct Machine {
    std::string source;                ///< version of /usr/src/zfs-<version>; empty: dkms has no ZFS here
    std::vector<std::string> kernels;  ///< releases with an image in /boot and headers
};

Result<Machine> read_machine(Files& files);

}  // namespace kld::dkms
