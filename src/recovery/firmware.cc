// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/firmware.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::recovery {
namespace {

constexpr const char* kEfi = "/sys/firmware/efi";
constexpr const char* kVariables = "/sys/firmware/efi/efivars";
constexpr const char* kLoader = "\\EFI\\BOOT\\BOOTX64.EFI";

/// "Boot0003* kldload\tHD(…)" → an entry; nothing for other lines.
bool read_entry(const std::string& line, FirmwareEntry& entry) {
    constexpr std::string_view kWord = "Boot";
    constexpr std::size_t kDigits = 4;
    const auto state = kWord.size() + kDigits;
    if (!line.starts_with(kWord) || line.size() < state + 2 || line[state + 1] != ' ') return false;
    entry.number = line.substr(kWord.size(), kDigits);
    if (entry.number.find_first_not_of("0123456789ABCDEFabcdef") != std::string::npos) return false;
    entry.active = line[state] == '*';
    const auto rest = line.substr(state + 2);
    const auto tab = rest.find('\t');
    entry.label = rest.substr(0, tab);
    entry.path = tab == std::string::npos ? "" : rest.substr(tab + 1);
    return true;
}

bool starts(const FirmwareEntry& entry, const EspPartition& partition) {
    const auto path = lower_case(entry.path);
    return path.find("," + partition.partuuid + ",") != std::string::npos &&
           path.find(lower_case(kLoader)) != std::string::npos;
}

const FirmwareEntry* entry_of(const Firmware& firmware, const EspPartition& partition) {
    for (const auto& entry : firmware.entries)
        if (starts(entry, partition)) return &entry;
    return nullptr;
}

}  // namespace

Firmware parse_firmware(std::string_view output) {
    constexpr std::string_view kOrder = "BootOrder: ";
    Firmware firmware;
    for (const auto& line : lines(output)) {
        FirmwareEntry entry;
        if (line.starts_with(kOrder))
            firmware.order = split(trim(line.substr(kOrder.size())), ',');
        else if (read_entry(line, entry))
            firmware.entries.push_back(std::move(entry));
    }
    return firmware;
}

Status expect_variables(Files& files) {
    if (files.kind(kEfi) == FileKind::none)
        return fail("this rescue system was not started by UEFI: it cannot tell the firmware anything",
                    "start it by UEFI; without an entry the firmware boots EFI/BOOT/BOOTX64.EFI of the disk, which "
                    "krecovery esp repairs",
                    ExitCode::refused);
    if (const auto names = files.list(kVariables); names && !names->empty()) return {};
    return fail("this rescue system does not show the variables of its firmware",
                fmt::format("mount -t efivarfs efivarfs {}", kVariables), ExitCode::refused);
}

Result<zfs::Plan> plan_firmware(const Firmware& firmware, const std::vector<EspPartition>& partitions,
                                const std::string& label, const std::vector<std::string>& prefix) {
    const auto command = [&](std::vector<std::string> words) {
        auto argv = prefix;
        argv.emplace_back("efibootmgr");
        argv.insert(argv.end(), words.begin(), words.end());
        return argv;
    };
    zfs::Plan plan;
    std::vector<zfs::Step> made;
    std::vector<std::string> unreachable, names;
    for (const auto& partition : partitions) {
        if (partition.number == 0 || partition.partuuid.empty())
            return fail(partition.device + " has no number or no GUID as a partition",
                        "is its disk partitioned by GPT?", ExitCode::refused);
        const auto* known = entry_of(firmware, partition);
        if (known == nullptr) {
            made.push_back({fmt::format("an entry '{}' for {}, which is tried first", label, partition.device),
                            command({"--create", "--disk", partition.disk, "--part", std::to_string(partition.number),
                                     "--label", label, "--loader", kLoader})});
            continue;
        }
        if (!known->active)
            plan.steps.push_back({fmt::format("switch on the entry {} '{}'", known->number, known->label),
                                  command({"--bootnum", known->number, "--active"}),
                                  command({"--bootnum", known->number, "--inactive"})});
        if (contains(firmware.order, known->number) || contains(unreachable, known->number)) continue;
        unreachable.push_back(known->number);
        names.push_back(fmt::format("{} '{}'", known->number, known->label));
    }
    if (!unreachable.empty()) {
        zfs::Step step{fmt::format("try the entr{} {} first", names.size() == 1 ? "y" : "ies", join(names, ", ")), {}};
        auto order = unreachable;
        order.insert(order.end(), firmware.order.begin(), firmware.order.end());
        step.argv = command({"--bootorder", join(order, ",")});
        // The old order would drop the entries that are made after it.
        if (made.empty())
            step.undo = firmware.order.empty() ? command({"--delete-bootorder"})
                                               : command({"--bootorder", join(firmware.order, ",")});
        plan.steps.push_back(std::move(step));
    }
    // efibootmgr puts each before the order that there is by then, under a number that nobody knows yet.
    plan.steps.insert(plan.steps.end(), made.begin(), made.end());
    return plan;
}

}  // namespace kld::recovery
