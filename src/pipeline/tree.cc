// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tree.h"

#include <fmt/core.h>

#include "base/lock.h"
#include "base/text.h"
#include "boot/hostid.h"
#include "digest/sha256.h"
#include "family/apt/root_tree.h"
#include "image/tree_facts.h"
#include "initramfs/check.h"
#include "pipeline/feature_package.h"
#include "pipeline/package_lists.h"
#include "pipeline/packages.h"

namespace kld::pipeline {
namespace {

/// Raise it when the same input would give another tree or manifest.
constexpr int kRecipeRevision = 4;

/// Puts the builder's signed modules, of the same source for the same kernel, in the place of what dkms compiled in the
/// tree: dkms signed those with a key that it made there, which no machine trusts and no image may carry.
/// @param signed_modules  where the package of these modules is unpacked
std::string sign_dkms(const std::string& kernel, const std::string& signed_modules) {
    return fmt::format(
        "set -e; cd \"$1\"; for place in lib/modules/{0}/updates/dkms var/lib/dkms/zfs/*/{0}/*/module; do "
        "test -e \"$place\"/zfs.ko*; for module in \"$place\"/*; do "
        "cp \"$(find {1} -name \"${{module##*/}}\")\" \"$module\"; done; done; "
        "rm -f var/lib/dkms/mok.key var/lib/dkms/mok.pub",
        kernel, shell_quote(signed_modules));
}

/// Hooks are in mmdebstrap's own form: "$1" is the tree.
std::vector<std::string> customize_hooks(const std::string& kernel, const TreeWish& wish, const std::string& lists,
                                         const std::string& signed_modules) {
    std::vector<std::string> hooks{
        copy_out_lists(lists),
        "rm -f \"$1\"/etc/apt/sources.list \"$1\"/etc/apt/sources.list.d/*",
        // The root's pool is never in a cache file. Others are, as ZFS has it by itself: they are found by the file,
        // and by scanning as long as there is none. Each of the two units stays off for the other.
        "sed -i 's/^#*ZPOOL_IMPORT_OPTS=.*/ZPOOL_IMPORT_OPTS=\"-o cachefile=none\"/' \"$1\"/etc/default/zfs",
        "chroot \"$1\" systemctl enable zfs-import-scan.service zfs-import-cache.service kldload-firstboot.service",
        "rm -f \"$1\"/etc/ssh/ssh_host_*_key \"$1\"/etc/ssh/ssh_host_*_key.pub",
        // nvme-cli makes them when it is installed, and a target takes two machines with the same for one.
        "rm -f \"$1\"/etc/nvme/hostid \"$1\"/etc/nvme/hostnqn",
    };
    if (wish.modules == catalog::ModuleModel::dkms) {
        hooks.push_back(sign_dkms(kernel, signed_modules));
        hooks.push_back("chroot \"$1\" depmod " + kernel);
    }
    if (wish.locale != "C.UTF-8") {
        hooks.push_back(fmt::format("echo '{} UTF-8' >> \"$1\"/etc/locale.gen", wish.locale));
        hooks.emplace_back("chroot \"$1\" locale-gen");
    }
    if (!wish.features.services.empty())
        hooks.push_back("chroot \"$1\" systemctl enable " + join(wish.features.services, " "));
    hooks.push_back("chroot \"$1\" " + join(initramfs::make_command(wish.generator, kernel), " "));
    return hooks;
}

/// The image that the tree's own tools made, read by ours: their exit codes are known to lie.
Status prove_initramfs(const image::TreeFacts& facts, const std::string& kernel, const TreeWish& wish) {
    const auto name = "boot/initrd.img-" + kernel;
    const auto image = facts.files.find(name);
    if (image == facts.files.end()) return fail(fmt::format("{} made no {}", initramfs::name_of(wish.generator), name));
    KLD_TRY(const auto report,
            initramfs::check_initramfs(image->second, {.kernel = kernel,
                                                       .hostid = boot::hostid_file(boot::kBuildHostid),
                                                       .generator = wish.generator,
                                                       .files = wish.features.initramfs}));
    if (!report.ok()) return fail(report.error(name));
    return {};
}

/// What must hold of a tree before it is kept. @returns the manifest
Result<std::string> prove(Build& build, const std::string& tar, const std::string& kernel, const std::string& lists,
                          const TreeWish& wish) {
    KLD_TRY(const auto facts, image::read_tree_facts(tar));
    KLD_CHECK(prove_initramfs(facts, kernel, wish));
    const auto status = facts.files.find("var/lib/dpkg/status");
    if (status == facts.files.end()) return fail("the tree has no dpkg status");
    KLD_TRY(const auto entries, installed_packages(build, status->second, lists));
    return apt::manifest_json(entries);
}

}  // namespace

std::vector<std::string> wanted_packages(const Archive& archive, const TreeWish& wish) {
    const bool dkms = wish.modules == catalog::ModuleModel::dkms;
    std::vector<std::string> packages{archive.distro.kernel_package,
                                      dkms ? "kldload-dkms" : modules::tie_name(archive.distro.kernel_package),
                                      "kldload-boot", "zstd"};
    packages.insert(packages.end(), archive.distro.zfs_packages.begin(), archive.distro.zfs_packages.end());
    const auto& glue = archive.distro.initramfs_packages.at(initramfs::name_of(wish.generator));
    packages.insert(packages.end(), glue.begin(), glue.end());
    if (const auto extra = wish.profile.packages.find("apt"); extra != wish.profile.packages.end())
        packages.insert(packages.end(), extra->second.begin(), extra->second.end());
    const auto& features = wish.features;
    packages.insert(packages.end(), features.packages.begin(), features.packages.end());
    for (const auto& id : features.shipped) packages.push_back(feature_package_name(id));
    if (!wish.menu_package.empty()) packages.emplace_back("kldload-menu");
    if (wish.locale != "C.UTF-8") packages.emplace_back("locales");
    if (!wish.console.empty()) packages.insert(packages.end(), {"keyboard-configuration", "console-setup"});
    return packages;
}

std::string tree_name(const Archive& archive, const TreeWish& wish, const std::vector<std::string>& debs) {
    std::vector<std::string> inputs{std::to_string(kRecipeRevision),
                                    archive.distro.digest,
                                    wish.profile.digest,
                                    wish.locale,
                                    initramfs::name_of(wish.generator),
                                    catalog::name_of(wish.modules),
                                    join(archive.lines, "\n"),
                                    archive.resolved.index_digest,
                                    join(debs, "\n")};
    for (const auto& [path, text] : wish.console) inputs.push_back(path + "\n" + text);
    if (!wish.features.digest.empty()) inputs.push_back(wish.features.digest);
    auto name = archive.distro.id + "-" + wish.profile.id;
    for (const auto& id : wish.features.ids) name += "+" + id;
    return name + "-" + sha256_hex(join(inputs, "\n")).substr(0, 16);
}

Result<Tree> root_tree(Build& build, const Archive& archive, const modules::ModulePackage& zfs, const TreeWish& wish) {
    KLD_TRY(const auto boot_deb, boot_package(build));
    const bool dkms = wish.modules == catalog::ModuleModel::dkms;
    KLD_TRY(const auto update_deb, dkms ? dkms_package(build, archive.distro) : tie_package(build, archive));
    std::vector<std::string> debs{boot_deb, update_deb};
    if (!dkms) debs.push_back(zfs.path);
    if (!wish.menu_package.empty()) debs.push_back(wish.menu_package);
    for (const auto& id : wish.features.shipped) {
        KLD_TRY(auto deb, feature_package(build, id));
        debs.push_back(std::move(deb));
    }
    std::vector<std::string> deb_digests;
    auto inputs = debs;
    if (dkms) inputs.push_back(zfs.path);  // its modules go in without it
    for (const auto& deb : inputs) {
        KLD_TRY(auto deb_digest, sha256_file(deb));
        deb_digests.push_back(std::move(deb_digest));
    }
    const auto directory = build.places.cache + "/trees";
    KLD_CHECK(build.files.make_directories(directory));
    const auto stem = directory + "/" + tree_name(archive, wish, deb_digests);
    const Tree tree{stem + ".tar", stem + ".manifest.json"};
    KLD_TRY(const auto lock, Lock::wait_for(stem + ".lock"));
    if (build.files.exists(tree.tar) && build.files.exists(tree.manifest)) return tree;

    build.events.stage("root tree");
    KLD_CHECK(build.files.remove(tree.tar));
    KLD_TRY(const auto work, TemporaryDirectory::make(directory));
    // Before any package of ZFS: zfsutils-linux would invent one.
    KLD_CHECK(build.files.write(work.path() + "/hostid", boot::hostid_file(boot::kBuildHostid)));
    const auto unpacked = work.path() + "/modules";
    if (dkms) KLD_CHECK(build.runner.run({.argv = {"dpkg-deb", "--extract", zfs.path, unpacked}}));
    std::vector<std::string> essential_hooks{"upload " + work.path() + "/hostid /etc/hostid"};
    // Before the packages that these files belong to: they take what they find, and the initramfs takes the keymap.
    for (const auto& [path, text] : wish.console) {
        const auto source = work.path() + path.substr(path.rfind('/'));
        KLD_CHECK(build.files.write(source, text));
        essential_hooks.push_back(fmt::format("upload {} {}", source, path));
    }
    KLD_TRY(const auto repository, local_repository(build, work.path() + "/repository", debs));
    auto lines = archive.lines;
    lines.push_back(repository);
    KLD_CHECK(
        apt::make_tree(build.runner, build.files, build.events,
                       {.suite = archive.distro.suite,
                        .variant = archive.distro.variant,
                        .lines = lines,
                        .packages = wanted_packages(archive, wish),
                        .date = build_time(archive.resolved.date),
                        .output = tree.tar,
                        .essential_hooks = essential_hooks,
                        .customize_hooks = customize_hooks(archive.resolved.kernel, wish, work.path(), unpacked)}));
    auto manifest = prove(build, tree.tar, archive.resolved.kernel, work.path(), wish);
    if (!manifest) {
        KLD_CHECK(build.files.remove(tree.tar));
        return fail(std::move(manifest.error()));
    }
    KLD_CHECK(build.files.write(tree.manifest, *manifest));
    return tree;
}

}  // namespace kld::pipeline
