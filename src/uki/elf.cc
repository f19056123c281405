// SPDX-License-Identifier: BSD-3-Clause
#include "uki/elf.h"

#include <elf.h>
#include <fmt/core.h>

#include <cstring>
#include <optional>
#include <set>

namespace kld::uki {
namespace {

template <typename T>
std::optional<T> structure_at(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::string text_at(std::string_view bytes, std::uint64_t offset) {
    if (offset >= bytes.size()) return {};
    const auto rest = bytes.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
}

/// The file offset of a virtual address.
std::uint64_t file_offset(const std::vector<Elf64_Phdr>& segments, std::uint64_t address) {
    for (const auto& segment : segments)
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address < segment.p_vaddr + segment.p_filesz)
            return address - segment.p_vaddr + segment.p_offset;
    return UINT64_MAX;
}

std::vector<std::string> needed(std::string_view bytes, const std::vector<Elf64_Phdr>& segments,
                                std::uint64_t dynamic) {
    std::vector<std::uint64_t> names;
    std::uint64_t strings = UINT64_MAX;
    for (auto at = dynamic;; at += sizeof(Elf64_Dyn)) {
        const auto entry = structure_at<Elf64_Dyn>(bytes, at);
        if (!entry || entry->d_tag == DT_NULL) break;
        if (entry->d_tag == DT_NEEDED) names.push_back(entry->d_un.d_val);
        if (entry->d_tag == DT_STRTAB) strings = file_offset(segments, entry->d_un.d_ptr);
    }
    std::vector<std::string> libraries;
    for (const auto name : names)
        if (strings < bytes.size()) libraries.push_back(text_at(bytes, strings + name));
    return libraries;
}

std::optional<std::string> find_library(Files& files, const std::string& tree, const std::string& name) {
    for (const auto* directory :
         {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/lib/zfs"}) {
        auto path = fmt::format("{}/{}", directory, name);
        if (files.exists(tree + path)) return path;
    }
    return std::nullopt;
}

}  // namespace

Result<ElfNeeds> elf_needs(std::string_view bytes) {
    const auto header = structure_at<Elf64_Ehdr>(bytes, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail("not a 64-bit little-endian ELF file");
    std::vector<Elf64_Phdr> segments;
    for (unsigned index = 0; index < header->e_phnum; ++index) {
        const auto segment = structure_at<Elf64_Phdr>(bytes, header->e_phoff + index * sizeof(Elf64_Phdr));
        if (!segment) return fail("the ELF file is cut short");
        segments.push_back(*segment);
    }
    ElfNeeds needs;
    for (const auto& segment : segments) {
        if (segment.p_type == PT_INTERP) needs.interpreter = text_at(bytes, segment.p_offset);
        if (segment.p_type == PT_DYNAMIC) needs.libraries = needed(bytes, segments, segment.p_offset);
    }
    return needs;
}

std::string_view elf_section(std::string_view bytes, std::string_view name) {
    const auto header = structure_at<Elf64_Ehdr>(bytes, 0);
    if (!header || !elf_needs(bytes)) return {};
    const auto section = [&](unsigned index) {
        return structure_at<Elf64_Shdr>(bytes, header->e_shoff + index * sizeof(Elf64_Shdr));
    };
    const auto names = section(header->e_shstrndx);
    for (unsigned index = 0; names && index < header->e_shnum; ++index) {
        const auto found = section(index);
        if (!found || text_at(bytes, names->sh_offset + found->sh_name) != name || found->sh_offset > bytes.size())
            continue;
        return bytes.substr(found->sh_offset, found->sh_size);
    }
    return {};
}

Result<std::vector<std::string>> library_closure(Files& files, const std::string& tree,
                                                 const std::vector<std::string>& programs,
                                                 const std::vector<std::string>& extra) {
    std::set<std::string> found;
    std::vector<std::string> open(programs);
    const auto add = [&](const std::string& name, const std::string& wanted_by) -> Status {
        const auto path = find_library(files, tree, name);
        if (!path) return fail(fmt::format("{} needs {}, which is not in the tree {}", wanted_by, name, tree));
        if (found.insert(*path).second) open.push_back(*path);
        return {};
    };
    for (const auto& name : extra) KLD_CHECK(add(name, "the menu"));
    while (!open.empty()) {
        const auto path = open.back();
        open.pop_back();
        KLD_TRY(const auto bytes, files.read(tree + path));
        const auto needs = elf_needs(bytes);
        if (!needs) return fail(Error(needs.error()).within(tree + path));
        for (const auto& name : needs->libraries) KLD_CHECK(add(name, path));
        if (!needs->interpreter.empty()) found.insert(needs->interpreter);
    }
    return std::vector<std::string>(found.begin(), found.end());
}

}  // namespace kld::uki
