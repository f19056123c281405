// SPDX-License-Identifier: BSD-3-Clause
#include "check/menu_loader.h"

#include <algorithm>

#include "base/text.h"
#include "boot/pe.h"
#include "initramfs/check.h"

namespace kld::check {
namespace {

/// Fills in kernel and ZFS, or the problem.
void read_content(const boot::EfiProgram& program, MenuLoader& loader) {
    const auto kernel = modules::inspect_kernel(program.sections.at(".linux"));
    if (!kernel) return void(loader.problem = kernel.error().message);
    loader.kernel = std::string(kernel->release());
    const auto content = initramfs::check_initramfs(program.sections.at(".initrd"),
                                                    {.kernel = loader.kernel, .generator = initramfs::Generator::own});
    if (!content) return void(loader.problem = content.error().message);
    const auto zfs = content->modules.find("zfs");
    const auto facts = zfs == content->modules.end() ? Result<modules::KernelModule>(fail("it has no zfs.ko"))
                                                     : modules::inspect_module(zfs->second);
    if (facts)
        loader.zfs_version = facts->version;
    else
        loader.problem = facts.error().message;
}

}  // namespace

std::optional<MenuLoader> read_loader(std::string_view bytes) {
    MenuLoader loader;
    const auto program = boot::read_efi_program(bytes);
    if (!program) {
        loader.problem = program.error().message;
        return loader;
    }
    loader.is_signed = program->is_signed;
    if (!program->sections.contains(".linux") || !program->sections.contains(".initrd")) return std::nullopt;
    read_content(*program, loader);
    return loader;
}

std::optional<std::string> find_ignoring_case(const Tree& tree, const std::string& path) {
    std::string found;
    for (const auto& part : split(path, '/')) {
        const auto names = tree.names(found);
        const auto at = std::find_if(names.begin(), names.end(),
                                     [&](const std::string& name) { return lower_case(name) == lower_case(part); });
        if (at == names.end()) return std::nullopt;
        found += found.empty() ? *at : "/" + *at;
    }
    return found;
}

MenuLoader read_menu_loader(const Esp& esp) {
    for (const auto* place : {"EFI/BOOT/grubx64.efi", "EFI/BOOT/BOOTX64.EFI", kZfsBootMenuPath}) {
        const auto path = find_ignoring_case(esp.tree, place);
        const auto bytes = path ? esp.tree.read(*path) : std::nullopt;
        if (!bytes) continue;
        if (auto loader = read_loader(*bytes)) {
            loader->path = *path;
            return *loader;
        }
    }
    MenuLoader none;
    none.problem = "no boot menu is on the EFI system partition";
    return none;
}

}  // namespace kld::check
