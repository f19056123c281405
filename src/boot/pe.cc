// SPDX-License-Identifier: BSD-3-Clause
#include "boot/pe.h"

#include <fmt/core.h>

#include "base/byte_reader.h"

namespace kld::boot {
namespace {

// Microsoft's "PE Format": the header's place, sizes and offsets.
constexpr std::size_t kPlaceOfHeader = 0x3c;
constexpr std::size_t kFileHeaderSize = 24;  ///< with the signature "PE\0\0"
constexpr std::size_t kSectionSize = 40;
constexpr std::uint16_t kPe32Plus = 0x20b;
constexpr std::size_t kSubsystem = 68;  ///< in the optional header of PE32+, as what follows
constexpr std::size_t kDirectories = 112;
constexpr std::uint32_t kCertificateTable = 4;

}  // namespace

Result<EfiProgram> read_efi_program(std::string_view bytes) {
    const auto number = [&](std::size_t place, unsigned size) { return little_endian(bytes, place, size); };
    const auto cut = [](const std::string& what) { return fail("the EFI program is cut short: " + what); };
    if (!bytes.starts_with("MZ")) return fail("no EFI program: it does not begin with MZ");
    const auto header = number(kPlaceOfHeader, 4);
    if (!header || slice(bytes, *header, 4) != std::string_view("PE\0\0", 4))
        return fail("no EFI program: it has no PE header");
    const auto optional = *header + kFileHeaderSize;
    const auto count = number(*header + 6, 2), optional_size = number(*header + 20, 2);
    const auto machine = number(*header + 4, 2), subsystem = number(optional + kSubsystem, 2);
    const auto magic = number(optional, 2), directories = number(optional + kDirectories - 4, 4);
    if (!count || !optional_size || !machine || !subsystem || !magic || !directories)
        return cut("its headers end beyond the file");
    if (*magic != kPe32Plus) return fail("no EFI program for 64-bit machines: it is not PE32+");

    EfiProgram program{.machine = static_cast<std::uint16_t>(*machine),
                       .subsystem = static_cast<std::uint16_t>(*subsystem)};
    if (*directories > kCertificateTable) {
        const auto entry = optional + kDirectories + kCertificateTable * 8;
        const auto place = number(entry, 4), size = number(entry + 4, 4);
        if (!place || !size || !slice(bytes, *place, *size)) return cut("its signature ends beyond the file");
        program.is_signed = *size != 0;
    }
    for (std::uint64_t index = 0; index < *count; ++index) {
        const auto at = optional + *optional_size + index * kSectionSize;
        const auto name = slice(bytes, at, 8);
        const auto virtual_size = number(at + 8, 4), raw_size = number(at + 16, 4), place = number(at + 20, 4);
        if (!name || !virtual_size || !raw_size || !place) return cut("its headers end beyond the file");
        const auto title = std::string(name->substr(0, name->find('\0')));
        const auto content = slice(bytes, *raw_size == 0 ? 0 : *place, *raw_size);
        if (!content)
            return cut(
                fmt::format("section {} ends at byte {}, the file at {}", title, *place + *raw_size, bytes.size()));
        // The size in the file is padded; what counts is the smaller of both.
        program.sections[title] = content->substr(0, *virtual_size);
    }
    return program;
}

}  // namespace kld::boot
