// SPDX-License-Identifier: BSD-3-Clause
#include "image/disk_layout.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <array>

#include "base/text.h"

namespace kld::image {
namespace {

constexpr std::uint64_t kSector = 512;
// Room for both copies of the GPT, and alignment that suits every disk.
constexpr std::uint64_t kEdge = kMiB;
constexpr std::uint64_t kSmallestPool = 1024 * kMiB;

}  // namespace

std::string random_uuid() {
    std::array<unsigned char, 16> bytes{};
    [[maybe_unused]] const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += fmt::format("{:02X}", bytes[i]);
    }
    return text;
}

Result<DiskLayout> plan_disk(std::uint64_t size, std::uint64_t esp_size) {
    DiskLayout layout;
    layout.size = size / kMiB * kMiB;
    const auto needed = 2 * kEdge + esp_size + kSmallestPool;
    if (layout.size < needed)
        return fail(fmt::format("a disk of {} is too small", human_bytes(size)),
                    fmt::format("at least {} ({} bytes) are needed", human_bytes(needed), needed), ExitCode::usage);
    layout.esp_offset = kEdge;
    layout.esp_size = esp_size;
    layout.pool_offset = layout.esp_offset + layout.esp_size;
    layout.pool_size = layout.size - layout.pool_offset - kEdge;
    layout.disk_guid = random_uuid();
    layout.esp_partuuid = random_uuid();
    layout.pool_partuuid = random_uuid();
    return layout;
}

std::string sfdisk_script(const DiskLayout& layout) {
    // Type GUIDs: UEFI 2.10 5.3.3 (EFI system), and the one that OpenZFS gives its own partitions.
    return fmt::format(
        "label: gpt\nlabel-id: {}\nunit: sectors\nsector-size: 512\n\n"
        "start={}, size={}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid={}, name=\"ESP\"\n"
        "start={}, size={}, type=6A898CC3-1DD2-11B2-99A6-080020736631, uuid={}, name=\"zfs\"\n",
        layout.disk_guid, layout.esp_offset / kSector, layout.esp_size / kSector, layout.esp_partuuid,
        layout.pool_offset / kSector, layout.pool_size / kSector, layout.pool_partuuid);
}

}  // namespace kld::image
