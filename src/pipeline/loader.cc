// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/loader.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/pe.h"
#include "boot/version_order.h"
#include "check/menu_loader.h"
#include "digest/sha256.h"
#include "pipeline/choices.h"

namespace kld::pipeline {
namespace {

constexpr const char* kMenu = "menu";
constexpr const char* kZfsBootMenu = "zfsbootmenu";

Status check_given(const config::Answers& answers) {
    if (answers.loader_file.empty())
        return fail("boot.loader is zfsbootmenu, and boot.loader_file does not say which file",
                    "download its release EFI file and say --boot-loader-file FILE", ExitCode::usage);
    if (answers.loader_sha256.empty())
        return fail("nothing vouches for " + answers.loader_file + ": boot.loader_sha256 is missing",
                    "say --boot-loader-sha256 with the digest that its makers publish and sign", ExitCode::usage);
    return {};
}

/// @returns the version of the ZFS in it
Result<std::string> look_into(const std::string& bytes) {
    KLD_TRY(const auto program, boot::read_efi_program(bytes));
    if (program.machine != boot::kMachineX64)
        return fail(fmt::format("it is for another machine than x86-64 (PE machine type {:#06x})", program.machine));
    if (program.subsystem != boot::kEfiApplication)
        return fail(fmt::format("it is no EFI application (PE subsystem {})", program.subsystem));
    const auto found = check::read_loader(bytes);
    if (!found) return fail("it is an EFI program without a kernel and an initramfs in it");
    if (!found->problem.empty()) return fail(found->problem);
    return found->zfs_version;
}

}  // namespace

Result<std::optional<ForeignLoader>> foreign_loader(Files& files, const catalog::Distro& distro,
                                                    const config::Answers& answers) {
    KLD_TRY(const auto wanted, choose(distro, distro.loaders, "boot.loader", answers.loader));
    if (wanted == kMenu) {
        if (answers.loader_file.empty() && answers.loader_sha256.empty()) return std::nullopt;
        return fail("boot.loader_file and boot.loader_sha256 are for another loader than our menu",
                    "say --boot-loader zfsbootmenu, or leave them out", ExitCode::usage);
    }
    if (wanted != kZfsBootMenu)
        return fail(fmt::format("{} starts by {}, which this program cannot install", distro.name, wanted), {},
                    ExitCode::usage);
    KLD_CHECK(check_given(answers));
    const auto& path = answers.loader_file;
    if (files.kind(path) != FileKind::regular)
        return fail(fmt::format("there is no file {}, which boot.loader_file names", path), {}, ExitCode::usage);
    ForeignLoader loader;
    KLD_TRY(loader.bytes, files.read(path));
    loader.sha256 = sha256_hex(loader.bytes);
    const auto expected = lower_case(answers.loader_sha256);
    if (loader.sha256 != expected)
        return fail({path + " is not the file that boot.loader_sha256 vouches for",
                     {"expected " + expected, "it has   " + loader.sha256},
                     "download it again, and compare with the digest that its makers publish",
                     ExitCode::refused});
    auto version = look_into(loader.bytes);
    if (!version)
        return fail(std::move(version.error())
                        .within(path + " cannot be the loader of this machine")
                        .with_hint("give the EFI file of a ZFSBootMenu release for x86-64"));
    loader.zfs_version = *version;
    return loader;
}

std::string lift_for(const catalog::Distro& distro, const std::optional<ForeignLoader>& loader) {
    if (!loader) return distro.compatibility;
    const auto known = boot::feature_set_name(loader->zfs_version);
    return boot::compare_versions(known, distro.compatibility) < 0 ? known : distro.compatibility;
}

std::string digest_of(const Loader& loader) {
    const auto* menu = std::get_if<Menu>(&loader);
    return menu != nullptr ? menu->uki : std::get<ForeignLoader>(loader).sha256;
}

Result<std::vector<image::EspFile>> esp_files(Build& build, const Loader& loader, const std::string& scratch) {
    if (const auto* menu = std::get_if<Menu>(&loader))
        return image::boot_files(menu->shim, menu->mok_manager, menu->uki, build.places.keys + "/builder.der");
    const auto path = scratch + "/loader.efi";
    KLD_CHECK(build.files.write(path, std::get<ForeignLoader>(loader).bytes));
    return image::foreign_boot_files(path);
}

}  // namespace kld::pipeline
