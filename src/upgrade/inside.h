// SPDX-License-Identifier: BSD-3-Clause
// An upgrade inside a boot environment that does not run: on its files, with the caches and logs of the running system,
// and without a way to that system's services.
#pragma once

#include <string>
#include <vector>

#include "upgrade/prepare.h"

namespace kld::upgrade {

/// What the environment sees of the running system at the same place: every file system that is mounted beside the
/// root, such as /var/cache with apt's packages and debconf's answers, /var/log, and sources on local disks. Neither
/// other boot environments nor the EFI system partition nor what the kernel makes up. A pure function; parents first.
std::vector<std::string> shared_places(const be::World& world);

/// The package of the boot menu.
inline constexpr const char* kMenuPackage = "kldload-menu";

/// In the environment, when it has newer boot files than the EFI system partition: kldload-esp.service of kldload-menu
/// brings them there with the first start that is no trial.
inline constexpr const char* kEspPending = "/var/lib/kldload/esp-pending";

struct Inside {
    int exit_code = 0;
    packages::Packages after{};  ///< what is installed in it then
};

/// Mounts the environment where nobody else sees it, with /dev, /proc and /sys of this system and a /run of its own, so
/// that no program in it finds systemd or D-Bus; a policy-rc.d forbids services for as long as the upgrade runs. That
/// one is a mount, too: it does not outlive this process. In the place of the EFI system partition is a file system
/// that forgets: the running system's boot files are not touched. Whatever comes of it, the mounts are gone when this
/// returns.
/// @param before  what is installed in the environment
/// @returns what the manager said; an error when something could not be mounted, was left behind, or is still running
Result<Inside> upgrade_inside(Host& host, const Prepared& prepared, const std::string& dataset,
                              const std::string& transaction, const packages::Packages& before);

}  // namespace kld::upgrade
