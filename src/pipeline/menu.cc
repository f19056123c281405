// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/menu.h"

#include <fmt/core.h>

#include <thread>

#include "base/lock.h"
#include "base/text.h"
#include "digest/sha256.h"
#include "family/apt/owners.h"
#include "family/apt/root_tree.h"
#include "pipeline/package_lists.h"
#include "pipeline/packages.h"
#include "uki/menu_image.h"
#include "uki/menu_keymaps.h"

namespace kld::pipeline {
namespace {

/// Raise it when the same packages would give another tree, menu or manifest.
constexpr int kRecipeRevision = 4;

/// Beside what it is of.
std::string manifest_of(const std::string& path) {
    return path + ".manifest.json";
}

Result<std::vector<std::string>> versions_of(Build& build, const Archive& archive,
                                             const std::vector<std::string>& packages) {
    KLD_TRY(const auto lock, lock_lists(build, archive.lists));
    return apt::offered_versions(build.runner, archive.lists, packages);
}

Result<std::string> tools_tree(Build& build, const Archive& archive, const modules::ModulePackage& zfs) {
    const auto& resolved = archive.resolved;
    // A newer shim takes back what an older one trusted. All else waits for the next kernel: the version of the menu's
    // package would not tell of it.
    KLD_TRY(const auto versions, versions_of(build, archive, {"shim-signed"}));
    const auto digest = sha256_hex(fmt::format("{} {} {} {} {}", kRecipeRevision, resolved.kernel_version,
                                               resolved.zfs_version, zfs.sha256, join(versions, ", ")));
    const auto directory = build.places.cache + "/tools";
    const auto tree = directory + "/" + digest.substr(0, 16);
    KLD_CHECK(build.files.make_directories(directory));
    KLD_TRY(const auto lock, Lock::wait_for(tree + ".lock"));
    if (build.files.exists(tree)) return tree;

    build.events.stage("tools tree");
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    KLD_TRY(const auto repository, local_repository(build, work.path() + "/repository", {zfs.path}));
    auto lines = archive.lines;
    lines.push_back(repository);
    const auto partial = tree + ".partial";
    KLD_CHECK(build.files.remove(partial));
    KLD_CHECK(
        apt::make_tree(build.runner, build.files, build.events,
                       {.suite = archive.distro.suite,
                        .variant = "apt",
                        .lines = lines,
                        .packages = {resolved.kernel_package, zfs.name, "zfsutils-linux", "kmod", "busybox-static",
                                     "systemd-ukify", "systemd-boot-efi", "sbsigntool", "libfaketime", "shim-signed",
                                     "python3-virt-firmware", "kbd", "console-setup"},
                        .output = partial,
                        .customize_hooks = {copy_out_lists(work.path())}}));
    KLD_TRY(const auto status, build.files.read(partial + "/var/lib/dpkg/status"));
    KLD_TRY(const auto packages, installed_packages(build, status, work.path()));
    KLD_CHECK(build.files.write(manifest_of(tree), apt::manifest_json(packages)));
    KLD_CHECK(build.files.rename(partial, tree));
    return tree;
}

Result<std::string> installed_version(Build& build, const std::string& tree, const std::string& package) {
    KLD_TRY(const auto output, build.runner.run({.argv = {"dpkg-query", "--admindir=" + tree + "/var/lib/dpkg",
                                                          "--show", "--showformat=${Version}", package}}));
    return output.out;
}

/// Apart from the tree, which each kernel makes anew: they take longer than it does.
Result<std::string> keymaps(Build& build, const std::string& tree) {
    std::string versions;
    for (const auto* package : {"xkb-data", "console-setup", "kbd"}) {
        KLD_TRY(const auto version, installed_version(build, tree, package));
        versions += fmt::format("{} {} ", package, version);
    }
    const auto parent = build.places.cache + "/keymaps";
    const auto directory = parent + "/" + sha256_hex(fmt::format("{} {}", kRecipeRevision, versions)).substr(0, 16);
    KLD_CHECK(build.files.make_directories(parent));
    KLD_TRY(const auto lock, Lock::wait_for(directory + ".lock"));
    if (build.files.exists(directory)) return directory;
    build.events.stage("keyboard layouts of the boot menu");
    const auto partial = directory + ".partial";
    KLD_CHECK(build.files.remove(partial));
    KLD_CHECK(uki::make_keymaps(build.runner, build.files, tree, partial, std::thread::hardware_concurrency()));
    KLD_CHECK(build.files.rename(partial, directory));
    return directory;
}

/// The packages of the tree that the files are from, as a manifest of their own.
Status write_manifest(Build& build, const Menu& menu, const std::vector<std::string>& taken) {
    KLD_TRY(const auto names, apt::owners(build.files, menu.tools_tree, taken));
    KLD_TRY(auto packages, read_manifest(build, menu.tools_manifest));
    std::erase_if(packages, [&](const apt::ManifestEntry& package) { return !names.contains(package.name); });
    return build.files.write(menu.manifest, apt::manifest_json(packages));
}

}  // namespace

Result<Menu> boot_menu(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                       const modules::SigningKey& key) {
    KLD_TRY(const auto tree, tools_tree(build, archive, zfs));
    const auto program = build.places.programs + "/kldload-menu";
    KLD_TRY(const auto program_digest, sha256_file(program));
    KLD_TRY(const auto layouts, keymaps(build, tree));
    const auto digest = sha256_hex(
        fmt::format("{} {} {} {} {}", kRecipeRevision, tree, layouts, program_digest, key.certificate().fingerprint()));
    const auto directory = build.places.cache + "/menu";
    KLD_CHECK(build.files.make_directories(directory));
    KLD_TRY(const auto shim, installed_version(build, tree, "shim-signed"));
    const auto uki = fmt::format("{}/{}.efi", directory, digest.substr(0, 16));
    const Menu menu{.uki = uki,
                    .shim = tree + "/usr/lib/shim/shimx64.efi.signed",
                    .mok_manager = tree + "/usr/lib/shim/mmx64.efi.signed",
                    .tools_tree = tree,
                    .keymaps = layouts,
                    .version = fmt::format("{}+{}+{}+{}+{}", KLD_VERSION, archive.resolved.kernel_version,
                                           archive.resolved.zfs_version, shim, kRecipeRevision),
                    .manifest = manifest_of(uki),
                    .tools_manifest = manifest_of(tree),
                    .lines = archive.lines};
    KLD_TRY(const auto lock, Lock::wait_for(menu.uki + ".lock"));
    if (!build.files.exists(menu.uki) || !build.files.exists(menu.manifest)) {
        build.events.stage("boot menu");
        KLD_TRY(const auto made, uki::make_menu_image({.tree = tree,
                                                       .kernel_version = archive.resolved.kernel,
                                                       .keymaps = layouts,
                                                       .menu_program = program,
                                                       .key = key.key_path(),
                                                       .certificate = key.certificate_path(),
                                                       .signing_time = key.certificate().valid_from(),
                                                       .output = menu.uki},
                                                      build.runner, build.files, build.events));
        KLD_CHECK(write_manifest(build, menu, made.taken));
        build.events.note(fmt::format("boot menu: {}, kernel {}, ZFS {}", human_bytes(made.bytes), made.kernel_version,
                                      made.zfs_version));
    }
    return menu;
}

Result<Menu> menu_for(Build& build, const Archive& archive, const modules::ModulePackage& zfs,
                      const modules::SigningKey& key) {
    if (archive.distro.id == kMenuDistro) return boot_menu(build, archive, zfs, key);
    build.events.stage("package archive of the boot menu");
    KLD_TRY(const auto distro, catalog::find_distro(build.files, build.places.data + "/catalog", kMenuDistro));
    KLD_TRY(const auto menu_archive, open_archive(build, distro));
    KLD_TRY(const auto menu_zfs, module_package(build, menu_archive, key));
    return boot_menu(build, menu_archive, menu_zfs, key);
}

}  // namespace kld::pipeline
