// SPDX-License-Identifier: BSD-3-Clause
#include "modules/kernel_module.h"

#include <fmt/core.h>

#include <span>

#include "base/byte_reader.h"
#include "base/text.h"
#include "modules/compression.h"
#include "modules/module_trailer.h"

namespace kld::modules {
namespace {

// Offsets of the ELF64 header and of a section header (System V ABI, chapter 4).
constexpr std::uint64_t kSectionTable = 0x28;
constexpr std::uint64_t kSectionEntrySize = 0x3a;
constexpr std::uint64_t kSectionCount = 0x3c;
constexpr std::uint64_t kSectionNames = 0x3e;
constexpr std::uint64_t kEntryBytes = 64;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLargestModinfo = std::size_t{1} << 20;  // those of large drivers have 100 KiB

struct Section {
    std::string_view name;
    std::string_view content;
};

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(fmt::format("not a kernel module: {}", what), "the file is damaged or cut short; get it again");
}

Result<std::vector<Section>> read_sections(std::string_view elf) {
    if (!elf.starts_with("\x7f"
                         "ELF"))
        return malformed("it does not begin with the ELF magic");
    if (!elf.substr(4).starts_with("\x02\x01")) return malformed("it is not a 64-bit little-endian ELF file");
    const auto table = little_endian(elf, kSectionTable, 8);
    const auto entry_size = little_endian(elf, kSectionEntrySize, 2);
    const auto count = little_endian(elf, kSectionCount, 2);
    const auto names_index = little_endian(elf, kSectionNames, 2);
    if (!table || !entry_size || !count || !names_index) return malformed("the ELF header is cut short");
    if (*entry_size != kEntryBytes) return malformed(fmt::format("its section headers have {} bytes", *entry_size));
    const auto headers = slice(elf, *table, *count * kEntryBytes);
    if (!headers) return malformed("the section headers lie outside the file");
    if (*names_index >= *count) return malformed("it has no section names");

    const auto content_of = [&](std::uint64_t index) -> std::optional<std::string_view> {
        constexpr std::uint64_t kNoBits = 8;
        const auto header = headers->substr(static_cast<std::size_t>(index * kEntryBytes), kEntryBytes);
        if (little_endian(header, 4, 4) == kNoBits) return std::string_view{};
        return slice(elf, *little_endian(header, 0x18, 8), *little_endian(header, 0x20, 8));
    };
    const auto names = content_of(*names_index);
    if (!names) return malformed("the section names lie outside the file");
    std::vector<Section> sections;
    for (std::uint64_t i = 0; i < *count; ++i) {
        const auto header = headers->substr(static_cast<std::size_t>(i * kEntryBytes), kEntryBytes);
        const auto name = c_string(*names, *little_endian(header, 0, 4), kLongestName);
        const auto content = content_of(i);
        if (!name || !content) return malformed(fmt::format("section {} lies outside the file", i));
        sections.push_back({*name, *content});
    }
    return sections;
}

void take_field(KernelModule& module, std::string_view field) {
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) return;
    const auto key = field.substr(0, equals);
    const auto value = field.substr(equals + 1);
    if (key == "name") module.name = value;
    if (key == "version") module.version = value;
    if (key == "vermagic") module.vermagic = value;
    if (key == "depends" && !value.empty()) module.depends = split(value, ',');
}

}  // namespace

std::string_view KernelModule::release() const {
    return std::string_view(vermagic).substr(0, vermagic.find(' '));
}

Result<KernelModule> inspect_module(std::string_view bytes) {
    const auto plain = unpack_module(bytes);
    if (!plain) return fail(plain.error());
    KLD_TRY(const auto sections, read_sections(*plain));
    KernelModule module;
    std::optional<std::string_view> modinfo;
    for (const auto& section : sections) {
        if (section.name == ".debug_info" && !section.content.empty()) module.has_debug_info = true;
        // The kernel takes the first one, too.
        if (section.name == ".modinfo" && !modinfo) modinfo = section.content;
    }
    if (!modinfo) return malformed("it has no section .modinfo");
    if (modinfo->size() > kLargestModinfo) return malformed(fmt::format("its .modinfo has {} bytes", modinfo->size()));
    for (const auto& field : split(*modinfo, '\0')) take_field(module, field);
    KLD_TRY(const auto signature, split_signature(*plain));
    module.is_signed = signature.has_value();
    return module;
}

Result<KernelModule> inspect_module_file(Files& files, const std::string& path) {
    KLD_TRY(const auto bytes, files.read(path));
    auto module = inspect_module(bytes);
    if (!module) return fail(std::move(module.error()).within(path));
    return module;
}

}  // namespace kld::modules
