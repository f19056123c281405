// SPDX-License-Identifier: BSD-3-Clause
#include "firstboot/plan.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/hostid.h"

namespace kld::firstboot {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kWorthIt = (8U << 20) / kSector;

}  // namespace

std::vector<Step> plan(const World& world) {
    using Kind = Step::Kind;
    std::vector<Step> steps;
    if (!world.pending) return steps;
    // The kernel labels the pool with the hostid it was started with, as long as it has the pool imported: that one is
    // kept, since any other would make the next import look like one by a foreign machine.
    // What every image has is kept by nobody; making one here would be that other one, so the step fails.
    steps.push_back({Kind::hostid, boot::is_own_hostid(world.hostid)
                                       ? fmt::format("keep the hostid 0x{:08x}", world.hostid)
                                       : "ask for a hostid of the machine's own"});
    for (const auto& part : world.partitions) {
        const auto end = part.start + part.size;
        if (!part.last || part.disk_size <= end + kWorthIt) continue;
        steps.push_back({Kind::grow_partition,
                         fmt::format("grow {} to the end of {} (+{})", part.device, part.disk,
                                     human_bytes((part.disk_size - end) * kSector)),
                         part.device, part.disk, part.number});
    }
    // Every vdev is asked, grown now or by an earlier try that was cut off: it costs nothing when there is nothing to
    // gain.
    for (const auto& part : world.partitions)
        steps.push_back({Kind::grow_vdev, fmt::format("let {} use all of {}", world.pool, part.device), part.device,
                         part.disk, part.number});
    if (!world.compatibility.empty())
        steps.push_back(
            {Kind::compatibility, fmt::format("lift {} to the features of {}", world.pool, world.compatibility)});
    steps.push_back({Kind::reguid, fmt::format("give {} its own GUID", world.pool)});
    if (world.has_sshd && !world.has_host_keys) steps.push_back({Kind::host_keys, "make ssh host keys"});
    if (!world.nvme_names.empty()) steps.push_back({Kind::nvme_names, "make " + join(world.nvme_names, " and ")});
    steps.push_back({Kind::done, "remember that first boot is done"});
    return steps;
}

std::string to_text(const std::vector<Step>& steps) {
    if (steps.empty()) return "nothing to do: first boot is over\n";
    std::string text;
    for (std::size_t i = 0; i < steps.size(); ++i) text += fmt::format("{}. {}\n", i + 1, steps[i].text);
    return text;
}

}  // namespace kld::firstboot
