// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/altroot.h"

#include "zfs/mounts.h"

namespace kld::zfs {

std::string without_altroot(const std::string& mountpoint, const std::string& altroot) {
    if (altroot.empty() || altroot == "-" || altroot == "/" || !lies_in(mountpoint, altroot)) return mountpoint;
    return mountpoint == altroot ? "/" : mountpoint.substr(altroot.size());
}

void take_altroot_away(std::vector<boot::Dataset>& datasets, const std::string& altroot) {
    for (auto& dataset : datasets)
        if (const auto found = dataset.properties.find("mountpoint"); found != dataset.properties.end())
            found->second.value = without_altroot(found->second.value, altroot);
}

}  // namespace kld::zfs
