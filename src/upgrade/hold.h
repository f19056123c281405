// SPDX-License-Identifier: BSD-3-Clause
// Which kernels of an upgrade are left out of it, because no ZFS module comes along with them.
#pragma once

#include <string>
#include <vector>

#include "packages/manager.h"
#include "upgrade/simulation.h"

namespace kld::upgrade {

struct Hold {
    std::string kernel;                   ///< its release: "6.12.118+deb13-amd64"; pacman: the package's name
    std::vector<std::string> packages{};  ///< what the manager is told to leave out: names, of dnf patterns
    std::string why{};
};

/// Kernels that would come without a module for them: neither zfs-modules-<release> nor zfs-dkms with the kernel's
/// headers is there once all is done. A pure function.
/// @param manager    its name
/// @param installed  before
std::vector<Hold> plan_hold(const std::string& manager, const Simulation& simulation,
                            const packages::Packages& installed);

/// "the kernel 6.12.118+deb13-amd64 is left out of this run: …"
std::string to_warning(const Hold& hold);

/// Refuses (exit 3) an upgrade that would take away what this system boots with: the modules of a kernel that stays,
/// the programs of ZFS, their part of the initramfs.
Status refuse_losses(const Simulation& simulation);

}  // namespace kld::upgrade
