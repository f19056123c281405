// SPDX-License-Identifier: BSD-3-Clause
// What first boot does, decided before anything is touched.
#pragma once

#include <string>
#include <vector>

#include "firstboot/world.h"

namespace kld::firstboot {

struct Step {
    enum class Kind { hostid, grow_partition, grow_vdev, compatibility, reguid, host_keys, nvme_names, done };
    Kind kind{};
    std::string text;      ///< for people
    std::string device{};  ///< grow steps
    std::string disk{};
    unsigned number = 0;
};

/// The steps in order. Each can be run again after a power cut; the marker goes last. Growing is planned where a
/// partition is the last on its disk and more than 8 MiB of the disk lie behind it.
std::vector<Step> plan(const World& world);

/// One numbered line a step.
std::string to_text(const std::vector<Step>& steps);

}  // namespace kld::firstboot
