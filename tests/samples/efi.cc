// SPDX-License-Identifier: BSD-3-Clause
#include "samples/efi.h"

#include <cstdint>

#include "boot/pe.h"
#include "samples/initramfs.h"
#include "samples/modules.h"

namespace kld::boot::test {
namespace {

void put(std::string& bytes, std::size_t offset, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

std::string make_efi_program(const std::vector<std::pair<std::string, std::string>>& sections, bool is_signed) {
    constexpr std::size_t kHeader = 0x80, kOptional = kHeader + 24, kOptionalSize = 240;
    constexpr auto padded = [](std::size_t size) { return (size + 511) / 512 * 512; };
    std::string image(padded(kOptional + kOptionalSize + sections.size() * 40), '\0');
    image.replace(0, 2, "MZ");
    put(image, 0x3c, kHeader, 4);
    image.replace(kHeader, 4, std::string("PE\0\0", 4));
    put(image, kHeader + 4, kMachineX64, 2);
    put(image, kOptional + 68, kEfiApplication, 2);
    put(image, kHeader + 6, sections.size(), 2);
    put(image, kHeader + 20, kOptionalSize, 2);
    put(image, kOptional, 0x20b, 2);
    put(image, kOptional + 108, 16, 4);
    auto at = kOptional + kOptionalSize;
    for (const auto& [name, bytes] : sections) {
        image.replace(at, name.size(), name);
        put(image, at + 8, bytes.size(), 4);
        put(image, at + 16, padded(bytes.size()), 4);
        put(image, at + 20, image.size(), 4);
        image += bytes;
        image.resize(padded(image.size()));
        at += 40;
    }
    if (is_signed) {
        put(image, kOptional + 112 + 32, image.size(), 4);
        put(image, kOptional + 112 + 36, 64, 4);
        image += std::string(64, 's');
    }
    return image;
}

std::string make_uki(const std::string& kernel, const std::vector<std::pair<std::string, std::string>>& modules,
                     bool is_signed) {
    const auto directory = "usr/lib/modules/" + kernel;
    std::vector<initramfs::NewEntry> entries;
    for (const auto& path : {std::string("usr"), std::string("usr/lib"), std::string("usr/lib/modules"), directory})
        entries.push_back(initramfs::test::directory(path));
    for (const auto& [name, bytes] : modules)
        entries.push_back(initramfs::test::program(directory + "/" + name, bytes));
    const auto archive = initramfs::test::archive(entries);
    return make_efi_program({{".linux", modules::test::make_kernel(kernel, true)},
                             {".initrd", initramfs::test::compress(initramfs::Format::zstd, archive)}},
                            is_signed);
}

}  // namespace kld::boot::test
