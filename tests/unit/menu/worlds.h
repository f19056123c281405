// SPDX-License-Identifier: BSD-3-Clause
// Worlds for the tests of state and drawing.
#pragma once

#include "menu/world.h"

namespace kld::menu {

inline Entry entry_named(const std::string& dataset, std::uint64_t guid = 1) {
    Entry entry;
    entry.dataset = dataset;
    entry.system = "Debian GNU/Linux 13 (trixie)";
    entry.pool_guid = guid;
    entry.root_prefix = "root=zfs:";
    entry.root = dataset;
    entry.arguments = "quiet";
    entry.hostid = 0x00bab10c;
    entry.kernels = {
        {"/boot/vmlinuz-6.12.1", "/boot/initrd.img-6.12.1", "6.12.1"},
        {"/boot/vmlinuz-6.12.107+deb13-amd64", "/boot/initrd.img-6.12.107+deb13-amd64", "6.12.107+deb13-amd64"}};
    entry.default_kernel = 1;
    return entry;
}

/// Two boot environments, the first is the default.
inline World two_entries() {
    World world;
    world.entries = {entry_named("rpool/ROOT/default"), entry_named("rpool/ROOT/before-upgrade")};
    world.default_entry = 0;
    return world;
}

}  // namespace kld::menu
