// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "firstboot/apply.h"

namespace kld::firstboot {
namespace {

constexpr std::string_view kPath = "etc/hostid";
constexpr std::string_view kTrailer = "TRAILER!!!";

void pad(std::string& bytes, std::size_t unit) {
    bytes.resize((bytes.size() + unit - 1) / unit * unit, '\0');
}

/// One entry of the "newc" form: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
void add_entry(std::string& archive, std::string_view name, unsigned mode, std::string_view content) {
    archive += fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 0,
                           mode, 0, 0, 1, 0, content.size(), 0, 0, 0, 0, name.size() + 1, 0);
    archive += name;
    archive += '\0';
    pad(archive, 4);
    archive += content;
    pad(archive, 4);
}

/// Always of the same size, so that it can be recognised at the end of an image.
std::string hostid_segment(std::uint32_t hostid) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(hostid >> shift & 0xff);
    std::string archive;
    add_entry(archive, kPath, 0100644, bytes);
    add_entry(archive, kTrailer, 0, {});
    pad(archive, 512);
    return archive;
}

}  // namespace

std::string with_hostid(std::string initramfs, std::uint32_t hostid) {
    const auto segment = hostid_segment(hostid);
    constexpr std::size_t kHeader = 110;
    if (initramfs.size() > segment.size()) {
        const auto tail = std::string_view(initramfs).substr(initramfs.size() - segment.size());
        if (tail.starts_with("070701") && tail.substr(kHeader, kPath.size()) == kPath)
            initramfs.resize(initramfs.size() - segment.size());
    }
    pad(initramfs, 512);
    return initramfs + segment;
}

}  // namespace kld::firstboot
