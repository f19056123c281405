// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_package.h"

#include <fmt/core.h>

#include "base/text.h"
#include "modules/compression.h"

namespace kld::modules {
namespace {

// The trigger rebuilds the image of the newest kernel only, once at the end of the transaction; an older kernel's image
// is ours to rebuild.
constexpr std::string_view kPostinst = R"(#!/bin/sh
set -e

kernel=@KERNEL@

if [ "$1" = configure ]; then
    depmod "$kernel"
    newest=$(linux-version list | linux-version sort --reverse | while read -r version; do
        if [ -e "/boot/initrd.img-$version" ]; then echo "$version"; break; fi
    done)
    if [ -e "/boot/initrd.img-$kernel" ] && [ "$newest" != "$kernel" ]; then
        if command -v update-initramfs >/dev/null; then
            update-initramfs -u -k "$kernel"
        elif command -v dracut >/dev/null; then
            dracut --force "/boot/initrd.img-$kernel" "$kernel"
        fi
    fi
fi
)";

constexpr std::string_view kPostrm = R"(#!/bin/sh
set -e

kernel=@KERNEL@

if [ "$1" = remove ] && [ -e "/lib/modules/$kernel/modules.dep" ] && command -v depmod >/dev/null; then
    depmod "$kernel"
fi
)";

constexpr std::string_view kTriggers = "activate-noawait update-initramfs\n";

constexpr std::string_view kCopyright = R"(Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: OpenZFS
Source: https://github.com/openzfs/zfs
Comment: These modules were compiled without changes from the source in Debian's package
 zfs-dkms @ZFS@ (source package zfs-linux; "apt-get source zfs-linux=@ZFS@" fetches it),
 against the headers of @PACKAGE@ @VERSION@.
 zfs-dkms carries the complete list of authors and licences in /usr/share/doc/zfs-dkms/copyright.

Files: *
Copyright: the OpenZFS developers, Oracle and/or its affiliates, Lawrence Livermore National Security, LLC and others
License: CDDL-1.0
 The text of the Common Development and Distribution License 1.0 is at
 https://opensource.org/license/cddl-1-0 and in the source package.

Files: */spl.ko*
Copyright: Lawrence Livermore National Security, LLC, the Regents of the University of California and others
License: GPL-2+
 On Debian systems the text of the GNU General Public License version 2 is in /usr/share/common-licenses/GPL-2.
)";

}  // namespace

std::string package_name(const std::string& kernel) {
    std::string name = "zfs-modules-";
    for (const char letter : kernel) {
        const bool upper = letter >= 'A' && letter <= 'Z';
        const bool legal = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' ||
                           letter == '+' || letter == '-';
        name += upper ? static_cast<char>(letter - 'A' + 'a') : legal ? letter : '-';
    }
    return name;
}

std::string package_version(const std::string& zfs_version) {
    return fmt::format("{}+kld{}", zfs_version, kRecipeRevision);
}

Result<PackagePlan> plan_package(const BuiltModules& built, const ModuleWish& wish, const std::string& architecture,
                                 const Certificate& signer) {
    const auto filled = [&](std::string_view text) {
        auto result = replace_all(std::string(text), "@KERNEL@", wish.kernel);
        result = replace_all(std::move(result), "@ZFS@", wish.zfs_version);
        result = replace_all(std::move(result), "@PACKAGE@", wish.kernel_package);
        return replace_all(std::move(result), "@VERSION@", wish.kernel_version);
    };
    PackagePlan plan;
    plan.name = package_name(wish.kernel);
    plan.version = package_version(wish.zfs_version);
    plan.architecture = architecture;
    plan.epoch = built.epoch;
    plan.summary = fmt::format("OpenZFS modules for {}", wish.kernel);
    plan.description = fmt::format(
        "The kernel modules of OpenZFS {}, compiled for exactly this kernel\n"
        "(package version {}) and signed by \"{}\".",
        wish.zfs_version, wish.kernel_version, signer.subject());
    plan.fields = {{"Section", "contrib/kernel"},
                   {"Priority", "optional"},
                   {"Provides", fmt::format("zfs-modules (= {})", wish.zfs_version)},
                   {"Depends", wish.kernel_package + ", kmod, linux-base"},
                   {"Conflicts", "zfs-dkms"},
                   {"Built-Using", fmt::format("zfs-linux (= {})", wish.zfs_version)},
                   {"Homepage", "https://openzfs.org"}};
    for (const auto& module : built.modules) {
        const auto path =
            fmt::format("{}/{}/updates/kldload/{}.ko", built.layout.directory.substr(1), wish.kernel, module.name);
        if (!built.layout.xz) {
            plan.files.push_back({path, module.bytes});
            continue;
        }
        KLD_TRY(auto packed, pack_xz(module.bytes));
        plan.files.push_back({path + ".xz", std::move(packed)});
    }
    plan.files.push_back({fmt::format("usr/share/doc/{}/copyright", plan.name), filled(kCopyright)});
    plan.control = {
        {"postinst", filled(kPostinst), 0755}, {"postrm", filled(kPostrm), 0755}, {"triggers", std::string(kTriggers)}};
    return plan;
}

std::string tie_name(const std::string& meta) {
    constexpr std::string_view kPrefix = "linux-image-";
    return "kldload-kernel-" + (meta.starts_with(kPrefix) ? meta.substr(kPrefix.size()) : meta);
}

PackagePlan plan_tie(const ModuleWish& wish, const std::string& meta, const std::string& meta_version, long epoch) {
    PackagePlan plan;
    plan.name = tie_name(meta);
    plan.version = fmt::format("{}+{}", meta_version, package_version(wish.zfs_version));
    plan.architecture = "amd64";
    plan.epoch = epoch;
    plan.summary = fmt::format("keeps {} and its ZFS modules together", meta);
    plan.description = fmt::format(
        "Depends on the version of {} for whose kernel ({})\n"
        "there are ZFS modules. A newer kernel is kept back until there are some for it.",
        meta, wish.kernel);
    plan.fields = {{"Section", "contrib/kernel"},
                   {"Priority", "optional"},
                   {"Important", "yes"},
                   {"Depends", fmt::format("{} (= {}), {}, {} (= {})", meta, meta_version, wish.kernel_package,
                                           package_name(wish.kernel), package_version(wish.zfs_version))}};
    return plan;
}

}  // namespace kld::modules
