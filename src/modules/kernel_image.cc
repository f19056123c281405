// SPDX-License-Identifier: BSD-3-Clause
#include "modules/kernel_image.h"

#include "base/byte_reader.h"

namespace kld::modules {
namespace {

constexpr std::size_t kLongestVersion = 512;

/// Data directory 4 of the PE optional header is the certificate table.
bool has_certificate_table(std::string_view bytes) {
    if (!bytes.starts_with("MZ")) return false;
    const auto pe = little_endian(bytes, 0x3c, 4);
    if (!pe || slice(bytes, *pe, 4) != std::string_view("PE\0\0", 4)) return false;
    const auto optional_header = *pe + 24;
    const auto magic = little_endian(bytes, optional_header, 2);
    if (magic != 0x20b && magic != 0x10b) return false;
    const auto directories = optional_header + (magic == 0x20b ? 112 : 96);
    const auto count = little_endian(bytes, directories - 4, 4);
    const auto offset = little_endian(bytes, directories + 4 * 8, 4);
    const auto size = little_endian(bytes, directories + 4 * 8 + 4, 4);
    return count && *count > 4 && offset && size && *offset != 0 && *size != 0 &&
           slice(bytes, *offset, *size).has_value();
}

}  // namespace

std::string_view KernelImage::release() const {
    return std::string_view(version).substr(0, version.find(' '));
}

Result<KernelImage> inspect_kernel(std::string_view bytes) {
    const auto no_kernel = [](const std::string& what) {
        return fail("not a bootable x86 kernel image: " + what, "the file is damaged or of another architecture");
    };
    if (slice(bytes, 0x202, 4) != std::string_view("HdrS")) return no_kernel("the magic HdrS is missing");
    const auto version_at = little_endian(bytes, 0x20e, 2);
    if (!version_at || *version_at == 0) return no_kernel("it names no version");
    const auto version = c_string(bytes, *version_at + 0x200, kLongestVersion);
    if (!version || version->empty()) return no_kernel("its version lies outside the file");
    return KernelImage{std::string(*version), has_certificate_table(bytes)};
}

Result<KernelImage> inspect_kernel_file(Files& files, const std::string& path) {
    KLD_TRY(const auto bytes, files.read(path));
    auto image = inspect_kernel(bytes);
    if (!image) return fail(std::move(image.error()).within(path));
    return image;
}

}  // namespace kld::modules
