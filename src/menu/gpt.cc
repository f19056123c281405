// SPDX-License-Identifier: BSD-3-Clause
#include "menu/gpt.h"

#include <fmt/core.h>

#include <cstring>

namespace kld::menu {
namespace {

template <typename T>
T number_at(std::string_view bytes, std::size_t offset) {
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

}  // namespace

std::string guid_text(std::string_view bytes) {
    std::string text;
    for (const int at : {3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15})
        text += at < 0 ? "-" : fmt::format("{:02x}", static_cast<unsigned char>(bytes[static_cast<std::size_t>(at)]));
    return text;
}

std::vector<GptPartition> read_partitions(const Fd& disk) {
    // UEFI specification 5.3: the header in the second sector; where the entries are, how many, how large.
    constexpr std::size_t kHeader = 92;
    constexpr std::uint32_t kMostEntries = 1024;
    std::vector<GptPartition> partitions;
    for (const std::uint64_t sector : {512U, 4096U}) {
        const auto header = disk.read_at(kHeader, sector);
        if (!header || header->size() < kHeader || !header->starts_with("EFI PART")) continue;
        const auto first = number_at<std::uint64_t>(*header, 72);
        const auto count = number_at<std::uint32_t>(*header, 80);
        const auto size = number_at<std::uint32_t>(*header, 84);
        if (count > kMostEntries || size < 128 || size > 4096) continue;
        const auto entries = disk.read_at(static_cast<std::size_t>(count) * size, first * sector);
        unsigned number = 0;
        for (std::size_t at = 0; entries && at + size <= entries->size(); at += size) {
            const auto entry = std::string_view(*entries).substr(at, size);
            ++number;
            if (entry.substr(0, 16) != std::string(16, '\0'))
                partitions.push_back({number, guid_text(entry.substr(0, 16)), guid_text(entry.substr(16, 16))});
        }
        return partitions;
    }
    return partitions;
}

std::set<std::string> partition_guids(const Fd& disk) {
    std::set<std::string> guids;
    for (const auto& partition : read_partitions(disk)) guids.insert(partition.guid);
    return guids;
}

}  // namespace kld::menu
