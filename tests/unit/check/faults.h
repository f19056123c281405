// SPDX-License-Identifier: BSD-3-Clause
// One fault at a time, to be done to a healthy system.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model.h"

namespace kld::check::test {

/// Where the modules lie in a root.
inline const std::string kTreeModules = "usr/lib/modules/" + kKernel + "/updates/kldload/";

struct Fault {
    std::string name;
    std::string id;        ///< of the row that must fire
    std::string evidence;  ///< must be part of what it says
    std::function<void(Model&)> inject;
    Generator generator = Generator::initramfs_tools;
};

std::vector<Fault> faults();

/// An XDR name-value list as zpool.cache has it: one pool with a GUID.
std::string cache_file(const std::string& pool, unsigned char guid);

/// ZFSBootMenu instead of shim and menu.
void only_zfsbootmenu(Model& m);

}  // namespace kld::check::test
