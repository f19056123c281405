// SPDX-License-Identifier: BSD-3-Clause
// Rows about the EFI system partition and about who signed what.
#include <fmt/core.h>

#include "base/text.h"
#include "boot/pe.h"
#include "check/menu_loader.h"
#include "check/rows.h"

namespace kld::check {
namespace {

/// Paths below EFI of all EFI programs.
void find_programs(const Tree& tree, const std::string& directory, std::vector<std::string>& found) {
    for (const auto& name : tree.names(directory)) {
        const auto path = directory.empty() ? name : directory + "/" + name;
        if (tree.kind(path) == FileKind::directory)
            find_programs(tree, path, found);
        else if (path.ends_with(".efi") || path.ends_with(".EFI"))
            found.push_back(path);
    }
}

/// GRUB's own configuration, or the one that leads to it, which lies beside the program on the EFI system partition.
bool has_grub_configuration(const System& system) {
    const auto& tree = system.esp->tree;
    if (const auto efi = find_ignoring_case(tree, "EFI"))
        for (const auto& vendor : tree.names(*efi))
            if (find_ignoring_case(tree, *efi + "/" + vendor + "/grub.cfg")) return true;
    for (const auto& environment : system.environments)
        for (const auto* path : {"boot/grub/grub.cfg", "boot/grub2/grub.cfg"})
            if (environment.tree.exists(path)) return true;
    return false;
}

/// By the component that it names in its table for Secure Boot's revocations (SBAT).
bool is_shim(const std::string& program) {
    return program.find("shim,") != std::string::npos;
}

}  // namespace

void check_esp(const System& system, const Row& row) {
    if (!needs_an_esp(system, row)) return;
    const auto& esp = *system.esp;
    if (esp.type != "vfat")
        return row.fail(fmt::format("its file system is {}, not FAT", esp.type),
                        "see with lsblk -f which partition is mounted there; to make FAT of it erases its boot files, "
                        "so copy them away first");
    if (esp.dirty)
        return row.warn("FAT is marked as not unmounted, or damaged", "fsck.vfat -a on the partition, unmounted");
    std::vector<std::string> programs;
    find_programs(esp.tree, "", programs);
    std::uint64_t largest = 0;
    for (const auto& path : programs) {
        const auto bytes = esp.tree.read(path);
        if (!bytes) return row.fail(path + " cannot be read", "copy it again");
        if (const auto program = boot::read_efi_program(*bytes); !program)
            return row.fail(fmt::format("{}: {}", path, program.error().message), "copy it again");
        largest = std::max<std::uint64_t>(largest, bytes->size());
    }
    if (const auto loader = read_menu_loader(esp); !loader.path.empty() && !loader.problem.empty())
        return row.fail(fmt::format("{}: {}", loader.path, loader.problem), "copy it again");
    // The new one is written beside the old one, and the one before is kept.
    if (esp.free < 2 * largest)
        return row.warn(
            fmt::format("{} are free, and the largest loader has {}", human_bytes(esp.free), human_bytes(largest)),
            "remove what nobody boots from the EFI system partition");
    row.pass(fmt::format("{} EFI programs are whole, {} are free", programs.size(), human_bytes(esp.free)));
}

void check_fallback_loader(const System& system, const Row& row) {
    if (!needs_an_esp(system, row)) return;
    const auto& tree = system.esp->tree;
    const auto fallback = find_ignoring_case(tree, "EFI/BOOT/BOOTX64.EFI");
    if (!fallback)
        return row.fail("no EFI/BOOT/BOOTX64.EFI: it boots only while the firmware remembers its entry",
                        "copy the loader there");
    // shim starts what lies beside it under this name.
    const bool shim = find_ignoring_case(tree, "EFI/BOOT/mmx64.efi").has_value();
    if (shim && !find_ignoring_case(tree, "EFI/BOOT/grubx64.efi"))
        return row.fail("no EFI/BOOT/grubx64.efi for shim to start", "copy the signed boot menu there");
    // Another loader than shim knows by itself what it starts.
    if ((shim || is_shim(tree.read(*fallback).value_or(""))) && read_menu_loader(*system.esp).path.empty() &&
        !has_grub_configuration(system))
        return row.fail(fmt::format("{} starts no boot menu, and there is no configuration of GRUB", *fallback),
                        "copy the signed boot menu to EFI/BOOT/grubx64.efi beside shim, or ZFSBootMenu to EFI/BOOT");
    const auto own = find_ignoring_case(tree, kZfsBootMenuPath);
    if (own && !shim && tree.read(*own) != tree.read(*fallback))
        return row.warn(
            fmt::format("{} is not {}: which one starts depends on what the firmware remembers", *fallback, *own),
            fmt::format("copy {} to {}", *own, *fallback));
    row.pass(*fallback + (shim ? " is shim, and grubx64.efi is beside it" : ""));
}

void check_signatures(const System& system, const Row& row) {
    // A tree without shim, and a machine that boots without, does not care.
    const bool cares = system.esp && find_ignoring_case(system.esp->tree, "EFI/BOOT/mmx64.efi");
    if (!cares) return row.not_applicable("Secure Boot is not prepared: there is no shim");
    std::vector<std::string> problems;
    const auto loader = read_menu_loader(*system.esp);
    if (loader.problem.empty() && !loader.is_signed) problems.push_back(loader.path + " is not signed");
    for (const auto& environment : system.environments)
        for (const auto& kernel : environment.kernels) {
            if (kernel.initramfs.empty()) continue;
            if (kernel.image && !kernel.image->pe_signed) problems.push_back("/" + kernel.path + " is not signed");
            for (const auto* module : {&kernel.packed_zfs, &kernel.packed_spl})
                if (module->facts && !module->facts->is_signed)
                    problems.push_back(fmt::format("{} in {} is not signed", module->path, kernel.initramfs));
        }
    if (problems.empty())
        row.pass("menu, kernels, zfs.ko and spl.ko are signed");
    else
        row.fail("with Secure Boot on: " + join(problems, ", "),
                 "sign it with a key that is enrolled, and rebuild the initramfs");
}

}  // namespace kld::check
