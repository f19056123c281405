// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/packages.h"

#include <fmt/core.h>

#include <memory>
#include <optional>

#include "base/text.h"
#include "base/tree_runner.h"
#include "family/apt/deb.h"
#include "family/apt/repository.h"
#include "family/apt/root_tree.h"
#include "image/esp.h"

namespace kld::pipeline {
namespace {

// Any fixed moment will do: it only has to be the same for the same input.
constexpr long kPackageTime = 1767225600;

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
        root_ = fmt::format("{}/builder-{}", trees, archive_.distro.id);
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
    std::string root_;
    std::optional<TreeRunner> runner_;
};

/// A program of ours as it is shipped.
Result<std::string> stripped(Build& build, const std::string& name, const std::string& directory) {
    KLD_TRY(const auto staging, TemporaryDirectory::make(directory));
    const auto program = staging.path() + "/" + name;
    KLD_CHECK(build.runner.run({.argv = {"strip", "-o", program, build.places.programs + "/" + name}}));
    return build.files.read(program);
}

/// All files below `directory`, by their paths below it.
Status collect_files(Build& build, const std::string& directory, const std::string& below, apt::Package& package) {
    KLD_TRY(const auto names, build.files.list(directory + "/" + below));
    for (const auto& name : names) {
        const auto path = below.empty() ? name : below + "/" + name;
        if (build.files.kind(directory + "/" + path) == FileKind::directory) {
            KLD_CHECK(collect_files(build, directory, path, package));
            continue;
        }
        KLD_TRY(auto bytes, build.files.read(directory + "/" + path));
        const bool program = bytes.starts_with("#!");
        package.files.push_back({path, std::move(bytes), program ? 0755U : 0644U});
    }
    return {};
}

/// Debian's policy: what lies in /etc is the administrator's.
void add_conffiles(apt::Package& package) {
    std::string paths;
    for (const auto& file : package.files)
        if (file.path.starts_with("etc/")) paths += "/" + file.path + "\n";
    if (!paths.empty()) package.control.push_back({"conffiles", std::move(paths)});
}

/// What a program of many names is called, and what goes with each name: the program knows.
Status add_links(Build& build, const std::string& program, apt::Package& package) {
    const auto path = build.places.programs + "/" + program;
    KLD_TRY(const auto names, build.runner.run({.argv = {path, "--names"}}));
    for (const auto& name : lines(names.out)) {
        package.files.push_back({.path = "usr/bin/" + name, .link = "../lib/kldload/" + program});
        KLD_TRY(auto page, build.runner.run({.argv = {path, "--man", name}}));
        package.files.push_back({"usr/share/man/man8/" + name + ".8", std::move(page.out)});
        KLD_TRY(auto completion, build.runner.run({.argv = {path, "--completion", name}}));
        package.files.push_back({"usr/share/bash-completion/completions/" + name, std::move(completion.out)});
    }
    return {};
}

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
        KLD_TRY(auto bytes, stripped(build, program, directory));
        package.files.push_back({"usr/lib/kldload/" + program, std::move(bytes), 0755});
    }
    return apt::pack(build.runner, build.files, package, directory, build_time(kPackageTime));
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
                          archive.distro.kernel_package, resolved.meta_version, build_time(kPackageTime)),
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
    add_conffiles(package);
    KLD_CHECK(add_scripts(build, package));
    return pack_own(build, std::move(package), "kldload-dkms");
}

std::string feature_package_name(const std::string& feature) {
    return "kldload-" + feature;
}

Result<std::string> feature_package(Build& build, const std::string& id) {
    KLD_TRY(const auto feature, catalog::find_feature(build.files, build.places.data + "/catalog", id));
    std::vector<std::string> depends;
    apt::Package package{.name = feature_package_name(id),
                         .version = KLD_VERSION,
                         .architecture = feature.program.empty() ? "all" : "amd64",
                         .fields = {{"Section", "admin"}, {"Priority", "optional"}},
                         .summary = "kldload: " + feature.description,
                         .description = "Beside what the distribution has, which is left as it is."};
    for (const auto& needed : feature.needs) {
        KLD_TRY(const auto other, catalog::find_feature(build.files, build.places.data + "/catalog", needed));
        if (catalog::is_shipped(other)) depends.push_back(feature_package_name(needed));
    }
    if (!depends.empty()) package.fields.emplace_back("Depends", join(depends, ", "));
    if (feature.files) KLD_CHECK(collect_files(build, build.places.data + "/packaging/features/" + id, "", package));
    if (!feature.program.empty()) KLD_CHECK(add_links(build, feature.program, package));
    KLD_CHECK(add_scripts(build, package));
    add_conffiles(package);
    return pack_own(build, std::move(package), feature.program);
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
    KLD_CHECK(add_scripts(build, package));
    return pack_own(build, std::move(package), "kldload-esp");
}

Result<std::string> local_repository(Build& build, const std::string& name, const std::vector<std::string>& debs) {
    const auto directory = build.places.cache + "/repository/" + name;
    KLD_CHECK(build.files.remove(directory));
    KLD_TRY(const auto repository, apt::publish(build.runner, build.files, directory, build.places.keys, debs));
    return repository.line;
}

}  // namespace kld::pipeline
