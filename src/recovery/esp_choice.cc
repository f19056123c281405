// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/esp_choice.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace kld::recovery {
namespace {

/// Where distributions have it.
const std::vector<std::string> kEspPlaces{"/boot/efi", "/efi", "/boot"};

struct Line {
    std::string source, place;
};

/// Lines of fstab about a FAT, without the quotes that fstab(5) allows.
std::vector<Line> fat_lines(Files& files, const std::string& root) {
    std::vector<Line> found;
    for (const auto& line : lines(files.read(root + "/etc/fstab").value_or("")))
        if (const auto fields = words(line); fields.size() > 2 && !fields[0].starts_with('#') && fields[2] == "vfat" &&
                                             files.kind(root + fields[1]) == FileKind::directory)
            found.push_back({replace_all(fields[0], "\"", ""), fields[1]});
    return found;
}

/// What follows one of the prefixes, in lower case; empty when none fits.
std::string value_of(const std::string& source, const std::vector<std::string>& prefixes) {
    for (const auto& prefix : prefixes)
        if (source.starts_with(prefix)) return lower_case(source.substr(prefix.size()));
    return {};
}

/// Names like /dev/sda1 are another machine's, and say nothing here.
bool is_source(const std::string& source, const EspPartition& partition) {
    if (const auto id = value_of(source, {"PARTUUID=", "/dev/disk/by-partuuid/"}); !id.empty())
        return id == partition.partuuid;
    if (const auto id = value_of(source, {"UUID=", "/dev/disk/by-uuid/"}); !id.empty())
        return id == lower_case(partition.uuid);
    if (!source.starts_with("/dev/disk/")) return false;
    std::error_code error;
    const auto device = std::filesystem::canonical(source, error);
    return !error && device == partition.device;
}

EspChoice without_line(const std::string& place, const std::string& source,
                       const std::vector<EspPartition>& partitions) {
    const auto is_fat = [](const auto& partition) { return partition.type == "vfat"; };
    const auto first = std::find_if(partitions.begin(), partitions.end(), is_fat);
    if (first == partitions.end())
        return {{}, {}, fmt::format("{} has no FAT and is not mounted on {}", partitions.front().device, place)};
    EspChoice choice{place, *first, {}};
    if (!source.empty())
        choice.warning = fmt::format("fstab has {} on {}, which is none of the partitions here: it is {}", source,
                                     place, first->device);
    else if (partitions.size() > 1)
        choice.warning = fmt::format("fstab does not say which partition is {}: it is {}", place, first->device);
    return choice;
}

}  // namespace

EspChoice choose_esp(Files& files, const std::string& root, const std::vector<EspPartition>& partitions) {
    if (partitions.empty()) return {};
    const auto known = fat_lines(files, root);
    for (const auto& [source, place] : known)
        for (const auto& partition : partitions) {
            if (!is_source(source, partition)) continue;
            if (partition.type == "vfat") return {place, partition, {}};
            return {{}, {}, fmt::format("{} has no FAT and is not mounted on {}", partition.device, place)};
        }
    // A line about anything else, such as a stick on /media, is none of this.
    for (const auto& [source, place] : known)
        if (contains(kEspPlaces, place)) return without_line(place, source, partitions);
    for (const auto* place : {"/boot/efi", "/efi"})
        if (files.kind(root + place) == FileKind::directory) return without_line(place, {}, partitions);
    return {};
}

}  // namespace kld::recovery
