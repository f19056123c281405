// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/disks.h"

#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"

namespace kld::recovery {
namespace {

using nlohmann::json;

constexpr const char* kEspType = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";

std::string text_of(const json& entry, const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<std::vector<EspPartition>> parse_disks(std::string_view listing, const std::vector<std::string>& devices) {
    const auto parsed = json::parse(listing, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("blockdevices") || !parsed["blockdevices"].is_array())
        return fail("lsblk does not say which disks there are");
    // A mapped device has several parents, and a row for each.
    std::multimap<std::string, std::string> parents;
    for (const auto& entry : parsed["blockdevices"]) parents.emplace(text_of(entry, "kname"), text_of(entry, "pkname"));
    std::set<std::string> disks;
    std::vector<std::string> open = devices;
    while (!open.empty()) {
        const auto device = open.back();
        open.pop_back();
        if (!disks.insert(device).second) continue;
        const auto [first, last] = parents.equal_range(device);
        for (auto at = first; at != last; ++at)
            if (!at->second.empty()) open.push_back(at->second);
    }
    std::vector<EspPartition> found;
    for (const auto& entry : parsed["blockdevices"]) {
        const auto disk = text_of(entry, "pkname");
        if (lower_case(text_of(entry, "parttype")) != kEspType || !disks.contains(disk)) continue;
        found.push_back({text_of(entry, "kname"), disk, 0, text_of(entry, "fstype"), text_of(entry, "uuid"),
                         lower_case(text_of(entry, "partuuid")), text_of(entry, "mountpoint")});
    }
    return found;
}

Result<std::vector<EspPartition>> find_partitions(Runner& runner, Files& files,
                                                  const std::vector<std::string>& devices) {
    KLD_TRY(const auto output, runner.run({.argv = {"lsblk", "--list", "--json", "--paths", "--output",
                                                    "KNAME,PKNAME,PARTTYPE,FSTYPE,UUID,PARTUUID,MOUNTPOINT"}}));
    KLD_TRY(auto partitions, parse_disks(output.out, devices));
    if (partitions.empty())
        return fail("there is no EFI system partition on the disks of " + join(devices, ", "),
                    "make one of type uefi with sfdisk, where there is room on the disk", ExitCode::refused);
    for (auto& partition : partitions) {
        const auto name = partition.device.substr(partition.device.rfind('/') + 1);
        if (const auto number = files.read("/sys/class/block/" + name + "/partition"))
            partition.number = parse_number(trim(*number)).value_or(0);
    }
    return partitions;
}

Result<std::vector<EspPartition>> choose_partitions(const std::vector<EspPartition>& all, const std::string& device) {
    if (device.empty()) return all;
    std::vector<std::string> names;
    for (const auto& partition : all) {
        if (partition.device == device) return std::vector{partition};
        names.push_back(partition.device);
    }
    return fail(device + " is no EFI system partition on a disk of this pool", "there are: " + join(names, ", "),
                ExitCode::usage);
}

}  // namespace kld::recovery
