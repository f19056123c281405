// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/elf_needed.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/byte_reader.h"

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

std::optional<std::uint64_t> file_offset(const std::vector<Part>& parts, std::uint64_t address) {
    for (const auto& part : parts)
        if (part.type == kLoad && address >= part.address && address - part.address < part.size)
            return part.offset + (address - part.address);
    return std::nullopt;
}

/// What the loader is told to load. The bytes of one name can be told again and again: a small file would fill the
/// memory.
Result<std::vector<std::string>> needed(std::string_view elf, std::string_view dynamic,
                                        const std::vector<Part>& parts) {
    constexpr std::size_t kMostLibraries = 1000, kLongestName = 256;
    std::vector<std::uint64_t> names;
    std::optional<std::uint64_t> strings;
    for (std::uint64_t at = 0; slice(dynamic, at, kTagBytes); at += kTagBytes) {
        const auto tag = *little_endian(dynamic, at, 8), value = *little_endian(dynamic, at + 8, 8);
        if (tag == 0) break;
        if (tag == kNeeded) names.push_back(value);
        if (tag == kStringTable) strings = value;
        if (names.size() > kMostLibraries) return fail("it asks for more than a thousand libraries");
    }
    if (strings) strings = file_offset(parts, *strings);
    std::vector<std::string> libraries;
    for (const auto name : names) {
        const auto text = strings && name <= elf.size() ? c_string(elf, *strings + name, kLongestName) : std::nullopt;
        if (!text) return fail("the name of a needed library lies outside the file");
        libraries.emplace_back(*text);
    }
    return libraries;
}

}  // namespace

Result<ElfNeeds> read_needs(std::string_view elf) {
    constexpr std::size_t kElfHeader = 64, kLongestPath = 4096;
    if (elf.size() < kElfHeader || !elf.starts_with("\x7f"
                                                    "ELF\x02\x01"))
        return fail("not a 64-bit little-endian ELF file");
    const auto count = *little_endian(elf, 0x38, 2);
    const auto table = slice(elf, *little_endian(elf, 0x20, 8), count * kHeaderBytes);
    if (!table || little_endian(elf, 0x36, 2) != kHeaderBytes) return fail("the program headers lie outside the file");
    std::vector<Part> parts;
    for (std::size_t at = 0; at < table->size(); at += kHeaderBytes)
        parts.push_back({*little_endian(*table, at, 4), *little_endian(*table, at + 8, 8),
                         *little_endian(*table, at + 16, 8), *little_endian(*table, at + 32, 8)});

    ElfNeeds needs;
    bool has_interpreter = false, has_dynamic = false;
    for (const auto& part : parts) {
        if (part.type != kInterpreter && part.type != kDynamic) continue;
        const auto content = slice(elf, part.offset, part.size);
        if (!content) return fail("a part of the program lies outside the file");
        if (std::exchange(part.type == kDynamic ? has_dynamic : has_interpreter, true))
            return fail("a part that a program has once is there twice");
        if (part.type == kDynamic) {
            KLD_TRY(needs.libraries, needed(elf, *content, parts));
            continue;
        }
        const auto path = c_string(*content, 0, kLongestPath);
        if (!path) return fail("the path of its loader has no end");
        needs.interpreter = *path;
    }
    return needs;
}

}  // namespace kld::initramfs
