// SPDX-License-Identifier: BSD-3-Clause
// A machine of kldload's layout with another pool beside it.
#pragma once

#include "datasets/make.h"

namespace kld::datasets::test {

inline boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount,
                             const std::string& type = "filesystem") {
    return {name,
            {{"type", {type, {}}},
             {"mountpoint", {mountpoint, {}}},
             {"canmount", {canmount, {}}},
             {"keystatus", {"-", {}}},
             {"org.zfsbootmenu:active", {"-", {}}}}};
}

inline World machine() {
    return {{dataset("rpool", "none", "off"), dataset("rpool/ROOT", "none", "off"),
             dataset("rpool/ROOT/default", "/", "noauto"), dataset("rpool/ROOT/other", "/", "noauto"),
             dataset("rpool/home", "/home", "on"), dataset("rpool/srv", "/srv", "on"),
             dataset("rpool/swap", "-", "-", "volume"), dataset("rpool/var", "/var", "off"),
             dataset("rpool/var/log", "/var/log", "on"), dataset("tank", "/tank", "on"),
             dataset("tank/locked", "/tank/locked", "on")},
            {{"rpool/ROOT/default", "/", "zfs"},
             {"proc", "/proc", "proc"},
             {"tmpfs", "/run", "tmpfs"},
             {"rpool/ROOT/other", "/run/kldload/be/other", "zfs"},
             {"rpool/home", "/home", "zfs"},
             {"rpool/srv", "/srv", "zfs"},
             {"rpool/var/log", "/var/log", "zfs"},
             {"tank", "/tank", "zfs"},
             {"/dev/sda1", "/boot/efi", "vfat"}}};
}

/// Nothing is there, and the directory above is.
inline Place nothing_at(const std::string& path) {
    return {path, FileKind::none, true, {}, {}};
}

}  // namespace kld::datasets::test
