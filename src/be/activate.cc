// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/text.h"
#include "be/changes.h"

namespace kld::be {

Result<zfs::Plan> plan_activate(const World& world, const std::string& name) {
    KLD_TRY(const auto* environment, world.environment(name));
    const auto& dataset = environment->name;
    zfs::Plan plan;
    if (environment->value("canmount") != "noauto")
        plan.steps.push_back({fmt::format("set canmount=noauto on {}, so that only one root is mounted", dataset),
                              {"zfs", "set", "canmount=noauto", dataset},
                              {"zfs", "set", "canmount=" + environment->value("canmount"), dataset}});
    if (dataset != world.next)
        plan.steps.push_back({fmt::format("boot {} from now on", dataset),
                              {"zpool", "set", "bootfs=" + dataset, world.pool},
                              {"zpool", "set", "bootfs=" + world.next, world.pool}});
    return plan;
}

}  // namespace kld::be
