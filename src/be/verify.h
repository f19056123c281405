// SPDX-License-Identifier: BSD-3-Clause
// Whether a boot environment would boot, before it is given the chance.
#pragma once

#include "be/world.h"
#include "check/report.h"

namespace kld::be {

/// One dataset with all properties that the rows look at, mount points as its own system sees them.
Result<boot::Dataset> read_checked(Runner& runner, const World& world, const std::string& dataset);

/// Every row of the catalogue that is about one environment: its kernels, modules, initramfs images, hostid, command
/// line. Mounted read-only beside the running system while that is looked at, when it is not mounted.
Result<check::Report> verify(Runner& runner, Files& files, const World& world, const std::string& dataset);

/// Refuses (exit 3) when a row fails or could not be told, with what was found.
Status expect_bootable(const check::Report& report, const std::string& name);

}  // namespace kld::be
