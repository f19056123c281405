// SPDX-License-Identifier: BSD-3-Clause
#include "exports/environments.h"

#include <algorithm>

#include "base/text.h"
#include "boot/environments.h"

namespace kld::exports {
namespace {

bool is_shown(const boot::Dataset& dataset) {
    return boot::is_boot_environment(dataset) ||
           (dataset.value("mountpoint") == "/" && dataset.value("canmount") != "off");
}

/// A root directly below its pool has all of the pool beside it: home directories, not environments.
bool is_beside(const World& world, const boot::Dataset& dataset) {
    return dataset.name.find('/') != std::string::npos &&
           boot::parent_of(dataset.name) == boot::parent_of(world.running);
}

bool has_own_place(const boot::Dataset& dataset) {
    return dataset.value("canmount") == "on" && dataset.value("mountpoint").starts_with('/') &&
           dataset.value("mountpoint") != "/";
}

bool is_in_fstab(const World& world, const boot::Dataset& dataset) {
    const auto rows = lines(world.fstab);
    return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
        const auto fields = words(row);
        return !fields.empty() && fields[0] == dataset.name;
    });
}

/// It is there for what lies below it.
bool is_container(const World& world, const boot::Dataset& dataset) {
    return dataset.value("canmount") == "off" &&
           std::any_of(world.datasets.begin(), world.datasets.end(),
                       [&](const auto& other) { return boot::parent_of(other.name) == dataset.name; });
}

}  // namespace

bool is_environment(const World& world, const boot::Dataset& dataset) {
    if (dataset.value("type") != "filesystem") return false;
    if (dataset.name == world.running || is_shown(dataset)) return true;
    if (!is_beside(world, dataset)) return false;
    if (boot::parent_of(world.running) != world.pool) return true;
    return dataset.value("canmount") != "off" && !has_own_place(dataset);
}

bool is_other_environment(const World& world, const boot::Dataset& dataset) {
    if (!is_environment(world, dataset) || zfs::lies_in(world.running, dataset.name)) return false;
    if (is_shown(dataset)) return true;
    return boot::parent_of(world.running) != world.pool && !has_own_place(dataset) && !is_in_fstab(world, dataset) &&
           !is_container(world, dataset);
}

}  // namespace kld::exports
