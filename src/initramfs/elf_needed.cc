// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/elf_needed.h"

#include <cstdint>
#include <optional>

namespace kld::initramfs {
namespace {

// Program headers and dynamic tags of the System V ABI.
constexpr std::uint64_t kLoad = 1;
constexpr std::uint64_t kDynamic = 2;
constexpr std::uint64_t kInterpreter = 3;
constexpr std::uint64_t kNeeded = 1;
constexpr std::uint64_t kStringTable = 5;
constexpr std::uint64_t kHeaderBytes = 56;
constexpr std::uint64_t kTagBytes = 16;

struct Part {
    std::uint64_t type = 0, offset = 0, address = 0, size = 0;
};

std::uint64_t number(std::string_view bytes, std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i > 0; --i) value = (value << 8U) | static_cast<unsigned char>(bytes[offset + i - 1]);
    return value;
}

std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

std::optional<std::string> text_at(std::string_view bytes, std::uint64_t offset) {
    if (offset >= bytes.size()) return std::nullopt;
    const auto rest = bytes.substr(static_cast<std::size_t>(offset));
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(rest.substr(0, end));
}

std::optional<std::uint64_t> file_offset(const std::vector<Part>& parts, std::uint64_t address) {
    for (const auto& part : parts)
        if (part.type == kLoad && address >= part.address && address - part.address < part.size)
            return part.offset + (address - part.address);
    return std::nullopt;
}

}  // namespace

Result<ElfNeeds> read_needs(std::string_view elf) {
    constexpr std::size_t kElfHeader = 64;
    if (elf.size() < kElfHeader || !elf.starts_with("\x7f"
                                                    "ELF\x02\x01"))
        return fail("not a 64-bit little-endian ELF file");
    const auto count = number(elf, 0x38, 2);
    const auto table = slice(elf, number(elf, 0x20, 8), count * kHeaderBytes);
    if (!table || number(elf, 0x36, 2) != kHeaderBytes) return fail("the program headers lie outside the file");
    std::vector<Part> parts;
    for (std::size_t at = 0; at < table->size(); at += kHeaderBytes)
        parts.push_back(
            {number(*table, at, 4), number(*table, at + 8, 8), number(*table, at + 16, 8), number(*table, at + 32, 8)});

    ElfNeeds needs;
    for (const auto& part : parts) {
        if (part.type != kInterpreter && part.type != kDynamic) continue;
        const auto content = slice(elf, part.offset, part.size);
        if (!content) return fail("a part of the program lies outside the file");
        if (part.type == kInterpreter) {
            needs.interpreter = content->substr(0, content->find('\0'));
            continue;
        }
        std::vector<std::uint64_t> names;
        std::optional<std::uint64_t> strings;
        for (std::size_t at = 0; at + kTagBytes <= content->size(); at += kTagBytes) {
            const auto tag = number(*content, at, 8);
            if (tag == 0) break;
            if (tag == kNeeded) names.push_back(number(*content, at + 8, 8));
            if (tag == kStringTable) strings = file_offset(parts, number(*content, at + 8, 8));
        }
        for (const auto name : names) {
            auto text = strings && name <= elf.size() ? text_at(elf, *strings + name) : std::nullopt;
            if (!text) return fail("the name of a needed library lies outside the file");
            needs.libraries.push_back(*std::move(text));
        }
    }
    return needs;
}

}  // namespace kld::initramfs
