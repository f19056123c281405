// SPDX-License-Identifier: BSD-3-Clause
#include "boot/environments.h"

#include <fmt/core.h>

#include <algorithm>

namespace kld::boot {

bool is_boot_environment(const Dataset& dataset) {
    const auto& mountpoint = dataset.value("mountpoint");
    const auto& active = dataset.value("org.zfsbootmenu:active");
    // The usual way to hand "/home" down: a pool's own dataset with canmount=off and mountpoint=/.
    if (mountpoint == "/") return active != "off" && dataset.value("canmount") != "off";
    return mountpoint == "legacy" && active == "on";
}

Environments boot_environments(const std::vector<Dataset>& datasets, const std::string& bootfs) {
    Environments found;
    for (const auto& dataset : datasets) {
        if (!is_boot_environment(dataset)) continue;
        found.names.push_back(dataset.name);
        if (dataset.value("canmount") == "on")
            found.warnings.push_back(
                fmt::format("{} has canmount=on; a boot environment wants canmount=noauto", dataset.name));
    }
    std::sort(found.names.begin(), found.names.end(), [&](const auto& left, const auto& right) {
        return std::pair(left != bootfs, left) < std::pair(right != bootfs, right);
    });
    return found;
}

}  // namespace kld::boot
