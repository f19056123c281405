// SPDX-License-Identifier: BSD-3-Clause
#include "pool/signature.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace kld::pool {

namespace {

using namespace std::string_view_literals;

struct Magic {
    const char* name;
    std::uint64_t at;  ///< from the beginning of the partition
    std::string_view bytes;
};

// Offsets and bytes as the formats define them.
constexpr std::array kMagics = {
    Magic{"ext file system", 1024 + 56, "\x53\xef"sv},
    Magic{"XFS file system", 0, "XFSB"sv},
    Magic{"btrfs file system", 65536 + 64, "_BHRfS_M"sv},
    Magic{"LUKS volume", 0, "LUKS\xba\xbe"sv},
    Magic{"LVM physical volume", 512, "LABELONE"sv},
    Magic{"FAT file system", 0x52, "FAT32   "sv},
    Magic{"FAT file system", 0x36, "FAT16   "sv},
    Magic{"FAT file system", 0x36, "FAT12   "sv},
    Magic{"NTFS file system", 3, "NTFS    "sv},
    Magic{"squashfs file system", 0, "hsqs"sv},
    Magic{"ISO 9660 file system", 32769, "CD001"sv},
    Magic{"swap space", 4086, "SWAPSPACE2"sv},
    Magic{"F2FS file system", 1024, "\x10\x20\xf5\xf2"sv},
    Magic{"GPT partition table", 512, "EFI PART"sv},
    Magic{"GPT partition table", 4096, "EFI PART"sv},
    Magic{"RAID member", 4096, "\xfc\x4e\x2b\xa9"sv},
    Magic{"RAID member", 0, "\xfc\x4e\x2b\xa9"sv},
    Magic{"exFAT file system", 3, "EXFAT   "sv},
    Magic{"BitLocker volume", 3, "-FVE-FS-"sv},
    Magic{"qcow2 image", 0, "QFI\xfb"sv},
    Magic{"partition table or boot sector", 510, "\x55\xaa"sv},  // many have it: last
};

// A vdev label is 256 KiB; its uberblocks are in the second half, at multiples of 1 KiB or more (on-disk format,
// chapter 1).
constexpr std::uint64_t kLabel = 256ULL << 10;
constexpr std::string_view kUberblock = "\x0c\xb1\xba\x00\x00\x00\x00\x00"sv;

bool has_uberblock(std::string_view label) {
    for (std::size_t at = kLabel / 2; at + kUberblock.size() <= label.size(); at += 1024)
        if (label.substr(at, kUberblock.size()) == kUberblock) return true;
    return false;
}

}  // namespace

Result<std::string> signature_of(const Fd& fd, std::uint64_t offset, std::uint64_t size) {
    KLD_TRY(const std::string head, fd.read_at(std::min<std::uint64_t>(size, 2 * kLabel), offset));
    for (const auto& magic : kMagics)
        if (head.size() >= magic.at + magic.bytes.size() &&
            std::string_view(head).substr(magic.at, magic.bytes.size()) == magic.bytes)
            return std::string(magic.name);
    const std::uint64_t end = size / kLabel * kLabel;
    std::string tail;
    if (end >= 4 * kLabel) {
        KLD_TRY(tail, fd.read_at(2 * kLabel, offset + end - 2 * kLabel));
    }
    for (const auto& labels : {std::string_view(head), std::string_view(tail)})
        for (std::size_t at = 0; at + kLabel <= labels.size(); at += kLabel)
            if (has_uberblock(labels.substr(at, kLabel))) return std::string("ZFS pool");
    return std::string();
}

Status refuse_used(const Fd& fd, std::uint64_t offset, std::uint64_t size, const std::string& shown, bool force) {
    KLD_TRY(const auto found, signature_of(fd, offset, size));
    if (found.empty() || force) return {};
    return fail(shown + " holds a " + found + " at byte " + std::to_string(offset), "--force writes over it",
                ExitCode::refused);
}

}  // namespace kld::pool
