// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/packages.h"

#include <fmt/core.h>

#include <memory>
#include <optional>

#include "base/lock.h"
#include "base/text.h"
#include "base/tree_runner.h"
#include "family/apt/deb.h"
#include "family/apt/repository.h"
#include "family/apt/root_tree.h"
#include "image/esp.h"
#include "pipeline/feature_package.h"

namespace kld::pipeline {
namespace {

Result<std::string> pack_plan(Build& build, const modules::PackagePlan& plan, const std::string& directory) {
    apt::Package package{.name = plan.name,
                         .version = plan.version,
                         .architecture = plan.architecture,
                         .fields = plan.fields,
                         .summary = plan.summary,
                         .description = plan.description};
    for (const auto& file : plan.files) package.files.push_back({file.path, file.bytes, file.mode});
    for (const auto& file : plan.control) package.control.push_back({file.path, file.bytes, file.mode});
    return apt::pack(build.runner, build.files, package, directory, plan.epoch);
}

/// The throwaway tree: exists only while modules are compiled.
class ThrowawayTree {
public:
    ThrowawayTree(Build& build, const Archive& archive) : build_(build), archive_(archive) {}
    ~ThrowawayTree() {
        if (!root_.empty())
            if (auto gone = build_.files.remove(root_); !gone) build_.events.warning(gone.error().message);
    }
    ThrowawayTree(const ThrowawayTree&) = delete;
    ThrowawayTree& operator=(const ThrowawayTree&) = delete;

    Result<modules::BuilderTree> make() {
        const auto& resolved = archive_.resolved;
        build_.events.stage("builder tree for " + resolved.kernel);
        const auto trees = build_.places.cache + "/work";
        KLD_CHECK(build_.files.make_directories(trees));
        // One for all kernels and keys: a path that changes would be found in what is compiled.
        const auto root = fmt::format("{}/builder-{}", trees, archive_.distro.id);
        KLD_TRY(auto lock, Lock::wait_for(root + ".lock"));
        lock_.emplace(std::move(lock));
        root_ = root;
        KLD_CHECK(build_.files.remove(root_));
        const auto headers = "linux-headers-" + resolved.kernel;
        KLD_CHECK(apt::make_tree(build_.runner, build_.files, build_.events,
                                 {.suite = archive_.distro.suite,
                                  .variant = "apt",
                                  .lines = archive_.lines,
                                  .packages = {resolved.kernel_package, headers, archive_.distro.zfs_source, "dkms",
                                               "kmod", "xz-utils", "openssl"},
                                  .output = root_}));
        runner_.emplace(build_.runner, root_);
        return modules::BuilderTree{root_, &*runner_};
    }

private:
    Build& build_;
    const Archive& archive_;
    std::optional<Lock> lock_;  ///< given back last
    std::string root_;
    std::optional<TreeRunner> runner_;
};

/// The maintainer scripts of a package, as far as packaging/<name> has them.
Status add_scripts(Build& build, apt::Package& package) {
    for (const std::string name : {"preinst", "postinst", "prerm", "postrm"}) {
        const auto path = fmt::format("{}/packaging/{}/{}", build.places.data, package.name, name);
        if (!build.files.exists(path)) continue;
        KLD_TRY(auto script, build.files.read(path));
        package.control.push_back({name, std::move(script), 0755});
    }
    return {};
}

struct Shipped {
    std::string source;  ///< below packaging/
    std::string target;
    unsigned mode;
};

Status add_files(Build& build, const std::vector<Shipped>& shipped, apt::Package& package) {
    for (const auto& file : shipped) {
        KLD_TRY(auto bytes, build.files.read(build.places.data + "/packaging/" + file.source));
        package.files.push_back({file.target, std::move(bytes), file.mode});
    }
    return {};
}

/// Packs one of kldload's own packages into the cache.
/// @param program  of ours that belongs into it; empty: none
Result<std::string> pack_own(Build& build, apt::Package package, const std::string& program) {
    const auto directory = build.places.cache + "/packages";
    KLD_CHECK(build.files.make_directories(directory));
    if (!program.empty()) {
        KLD_TRY(auto file, shipped_program(build, program));
        package.files.push_back(std::move(file));
    }
    return apt::pack(build.runner, build.files, package, directory, package_time());
}

}  // namespace

Result<modules::ModulePackage> module_package(Build& build, const Archive& archive, const modules::SigningKey& key) {
    const auto& resolved = archive.resolved;
    ThrowawayTree tree(build, archive);
    const modules::Request request{
        .wish = {resolved.kernel, resolved.kernel_package, resolved.kernel_version, resolved.zfs_version},
        .cache_directory = build.places.cache + "/modules",
        .key = key,
        .builder_tree = [&] { return tree.make(); },
        .pack = [&](const modules::PackagePlan& plan,
                    const std::string& directory) { return pack_plan(build, plan, directory); },
    };
    return modules::provide(build.files, build.events, request);
}

Result<std::string> tie_package(Build& build, const Archive& archive) {
    const auto& resolved = archive.resolved;
    const auto directory = build.places.cache + "/packages";
    KLD_CHECK(build.files.make_directories(directory));
    return pack_plan(
        build,
        modules::plan_tie({resolved.kernel, resolved.kernel_package, resolved.kernel_version, resolved.zfs_version},
                          archive.distro.kernel_package, resolved.meta_version, package_time()),
        directory);
}

Result<std::string> boot_package(Build& build) {
    const std::vector<Shipped> shipped{
        {"kldload-boot/kldload-firstboot.service", "usr/lib/systemd/system/kldload-firstboot.service", 0644},
        {"kldload-boot/10-kldload.preset", "usr/lib/systemd/system-preset/10-kldload.preset", 0644},
        {"kldload-boot/mount-var-log", "usr/lib/kldload/mount-var-log", 0755},
        {"dracut/50-kldload.conf", "usr/lib/dracut/dracut.conf.d/50-kldload.conf", 0644},
        {"dracut/91kldload/module-setup.sh", "usr/lib/dracut/modules.d/91kldload/module-setup.sh", 0755},
        {"dracut/91kldload/kldload-var-log.sh", "usr/lib/dracut/modules.d/91kldload/kldload-var-log.sh", 0755},
        {"kldload-boot/kldload-var-log", "usr/share/initramfs-tools/scripts/init-bottom/kldload-var-log", 0755},
        {"initramfs-tools/hooks/kldload", "usr/share/initramfs-tools/hooks/kldload", 0755},
        {"initramfs-tools/scripts/init-premount/kldload", "usr/share/initramfs-tools/scripts/init-premount/kldload",
         0755},
    };
    apt::Package package{
        .name = "kldload-boot",
        .version = KLD_VERSION,
        .fields = {{"Depends", "zfs-initramfs | zfs-dracut, zfsutils-linux, util-linux, fdisk"},
                   {"Section", "admin"},
                   {"Priority", "optional"}},
        .summary = "what ties a stock system to its ZFS root",
        .description =
            "An initramfs hook that fails when the image could not mount its root, a script that mounts\n"
            "/var/log before the journal, and the first boot that gives a machine its own identity.\n\n"
            "Without this package a stock Debian on ZFS remains."};
    KLD_CHECK(add_files(build, shipped, package));
    return pack_own(build, std::move(package), "kldload-firstboot");
}

Result<std::string> dkms_package(Build& build, const catalog::Distro& distro) {
    const std::vector<Shipped> shipped{
        {"kldload-dkms/80kldload-dkms", "etc/apt/apt.conf.d/80kldload-dkms", 0644},
        {"kldload-dkms/00-kldload-dkms", "etc/kernel/postinst.d/00-kldload-dkms", 0755},
        {"kldload-dkms/kldload.conf", "etc/dkms/framework.conf.d/kldload.conf", 0644},
    };
    apt::Package package{
        .name = "kldload-dkms",
        .version = KLD_VERSION,
        .fields = {{"Depends",
                    fmt::format("{}, {}, dkms, openssl, mokutil", distro.zfs_source, distro.headers_package)},
                   {"Section", "admin"},
                   {"Priority", "optional"}},
        .summary = "keeps kernels away for which ZFS does not compile",
        .description =
            "Before apt installs a kernel, ZFS is compiled for it. When that fails, apt ends before dpkg\n"
            "changes anything, and leaves that version of the kernel out from then on."};
    KLD_CHECK(add_files(build, shipped, package));
    apt::add_conffiles(package);
    KLD_CHECK(add_scripts(build, package));
    return pack_own(build, std::move(package), "kldload-dkms");
}

Result<std::string> menu_package(Build& build, const Menu& menu) {
    apt::Package package{
        .name = "kldload-menu",
        .version = menu.version,
        .fields = {{"Section", "admin"}, {"Priority", "optional"}, {"Depends", "dosfstools"}},
        .summary = "the boot-environment menu, with shim and MokManager",
        .description =
            "Brings its files onto the EFI system partition when it is installed or updated: written\n"
            "beside the old ones, compared, swapped. The ones before are kept in EFI/kldload/previous."};
    for (const auto& file :
         image::boot_files(menu.shim, menu.mok_manager, menu.uki, build.places.keys + "/builder.der")) {
        KLD_TRY(auto bytes, build.files.read(file.source));
        package.files.push_back({"usr/lib/kldload/esp/" + file.target, std::move(bytes)});
    }
    KLD_CHECK(add_files(
        build, {{"kldload-menu/kldload-esp.service", "usr/lib/systemd/system/kldload-esp.service", 0644}}, package));
    // Wanted by a link of the package: a script would switch it on again at each update.
    package.files.push_back({.path = "usr/lib/systemd/system/multi-user.target.wants/kldload-esp.service",
                             .link = "../kldload-esp.service"});
    KLD_CHECK(add_scripts(build, package));
    return pack_own(build, std::move(package), "kldload-esp");
}

Result<std::string> local_repository(Build& build, const std::string& directory, const std::vector<std::string>& debs) {
    KLD_TRY(const auto repository, apt::publish(build.runner, build.files, directory, build.places.keys, debs));
    return repository.line;
}

}  // namespace kld::pipeline
