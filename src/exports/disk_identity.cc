// SPDX-License-Identifier: BSD-3-Clause
#include "exports/disk_identity.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <charconv>

#include "base/fd.h"
#include "base/text.h"
#include "boot/hostid.h"

namespace kld::exports {
namespace {

/// "6B1C-03A2" → 0x6b1c03a2
Result<std::uint32_t> parse_volume_id(const std::string& text) {
    const auto digits = replace_all(text, "-", "");
    std::uint32_t number = 0;
    const auto end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, number, 16);
    if (digits.size() != 8 || at != end || error != std::errc{})
        return fail("the number of the EFI system partition's FAT is not known: lsblk says '" + text + "'");
    return number;
}

}  // namespace

Status keep_disk_identity(Runner& runner, const std::string& raw, const image::DiskLayout& disk, const Esp& esp) {
    KLD_TRY(const auto number, parse_volume_id(esp.volume_id));
    KLD_CHECK(runner.run({.argv = {"sfdisk", "--quiet", "--disk-id", raw, esp.disk_guid}}));
    KLD_CHECK(runner.run({.argv = {"sfdisk", "--quiet", "--part-uuid", raw, "1", esp.partuuid}}));
    // FAT32's extended boot record, and its copy six sectors behind it, as mkfs.vfat makes them.
    constexpr std::uint64_t kVolumeId = 67, kSector = 512, kCopy = 6 * kSector;
    KLD_TRY(const auto fd, Fd::open(raw, O_RDWR));
    for (const auto sector : {disk.esp_offset, disk.esp_offset + kCopy})
        KLD_CHECK(fd.write_at(boot::hostid_file(number), sector + kVolumeId));
    return {};
}

}  // namespace kld::exports
