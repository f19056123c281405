// SPDX-License-Identifier: BSD-3-Clause
// Carries out the plan of first boot.
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "firstboot/plan.h"

namespace kld::firstboot {

/// Does the steps in order. A step that fails is told as a warning and the others go on, so that a machine whose disk
/// cannot be grown still gets its own identity; the marker stays until all have worked, and the first error is
/// returned.
Status apply(const World& world, const std::vector<Step>& steps, Runner& runner, Files& files, Events& events);

/// The initramfs with etc/hostid behind it as a cpio segment of its own: the kernel lets the last one win. A segment
/// that an earlier call put there is replaced.
Result<std::string> with_hostid(std::string initramfs, std::uint32_t hostid);

}  // namespace kld::firstboot
