// SPDX-License-Identifier: BSD-3-Clause
#include "image/esp.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <filesystem>
#include <set>

#include "base/text.h"

namespace kld::image {

std::vector<EspFile> boot_files(const std::string& shim, const std::string& mok_manager, const std::string& menu,
                                const std::string& certificate_der) {
    return {{shim, "EFI/BOOT/BOOTX64.EFI"},
            {menu, "EFI/BOOT/grubx64.efi"},
            {mok_manager, "EFI/BOOT/mmx64.efi"},
            {certificate_der, "EFI/kldload/builder.der"}};
}

std::vector<EspFile> foreign_boot_files(const std::string& loader) {
    return {{loader, "EFI/BOOT/BOOTX64.EFI"}, {loader, "EFI/zbm/VMLINUZ.EFI"}};
}

Status write_esp(Runner& runner, const std::string& image, std::uint64_t offset, std::uint64_t size,
                 const std::vector<EspFile>& files) {
    std::uint64_t needed = 0;
    std::set<std::string> directories;
    for (const auto& file : files) {
        std::error_code error;
        needed += std::filesystem::file_size(file.source, error);
        if (error) return fail(fmt::format("cannot read {}: {}", file.source, error.message()));
        for (auto at = file.target.find('/'); at != std::string::npos; at = file.target.find('/', at + 1))
            directories.insert(file.target.substr(0, at));
    }
    // FAT's own tables and clusters that are not full.
    constexpr std::uint64_t kOverhead = 4 << 20;
    if (needed + kOverhead > size)
        return fail(fmt::format("the boot files need {} but the EFI system partition has {}", human_bytes(needed),
                                human_bytes(size)));

    std::uint32_t volume_id = 0;
    [[maybe_unused]] const auto got = ::getrandom(&volume_id, sizeof volume_id, 0);
    KLD_CHECK(runner.run({.argv = {"mkfs.vfat", "-F", "32", "-n", "ESP", "-i", fmt::format("{:08x}", volume_id),
                                   fmt::format("--offset={}", offset / 512), image, std::to_string(size / 1024)}}));
    const auto place = fmt::format("{}@@{}", image, offset);
    std::vector<std::string> make{"mmd", "-i", place};
    for (const auto& directory : directories) make.push_back("::/" + directory);
    KLD_CHECK(runner.run({.argv = make}));
    for (const auto& file : files)
        KLD_CHECK(runner.run({.argv = {"mcopy", "-i", place, file.source, "::/" + file.target}}));
    return {};
}

}  // namespace kld::image
