// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "base/text.h"
#include "boot/hostid.h"
#include "boot/version_order.h"
#include "check/system.h"

namespace kld::check {
namespace {

constexpr const char* kModulesDirectory = "usr/lib/modules/";
constexpr std::uint64_t kMostKept = 64 << 10;

Module read_module(std::string path, const std::string& bytes) {
    Module module{std::move(path), {}, {}};
    if (auto facts = modules::inspect_module(bytes))
        module.facts = std::move(*facts);
    else
        module.problem = facts.error().message;
    return module;
}

bool is_module(std::string_view file, const std::string& name) {
    return file == name + ".ko" || (file.starts_with(name + ".ko.") && file.size() <= name.size() + 7);
}

/// Where distributions put ZFS: dkms, vendors' packages, weak links; else what modules.dep says.
Module find_module(const Tree& tree, const std::string& version, const std::string& name) {
    const auto base = kModulesDirectory + version;
    for (const auto* place : {"updates/kldload", "updates/dkms", "updates", "extra", "extra/zfs", "extramodules",
                              "weak-updates/zfs", "kernel/zfs", "kernel/zfs/zfs", "kernel/zfs/spl"})
        for (const auto& file : tree.names(base + "/" + place))
            if (is_module(file, name)) {
                const auto path = base + "/" + place + "/" + file;
                const auto bytes = tree.read(path);
                if (!bytes) return {path, "it cannot be read", {}};
                return read_module(path, *bytes);
            }
    return {};
}

Module packed(const initramfs::Report& report, const std::string& name) {
    const auto at = report.modules.find(name);
    if (at == report.modules.end()) return {};
    return read_module(name + ".ko", at->second);
}

/// By the programs: hooks of a generator that was removed stay behind as configuration.
Generator generator_of(const Tree& tree) {
    if (tree.exists("usr/sbin/update-initramfs")) return Generator::initramfs_tools;
    if (tree.exists("usr/bin/dracut")) return Generator::dracut;
    if (tree.exists("usr/bin/mkinitcpio")) return Generator::mkinitcpio;
    return Generator::unknown;
}

std::map<std::string, std::string> read_packages(const Tree& tree) {
    std::map<std::string, std::string> packages;
    std::string name;
    bool installed = false;
    for (const auto& line : lines(tree.read("var/lib/dpkg/status").value_or(""))) {
        if (line.starts_with("Package: ")) name = line.substr(9);
        if (line.starts_with("Status: ")) installed = line.ends_with(" installed");  // not what left its configuration
        if (line.starts_with("Version: ") && installed) packages[name] = line.substr(9);
    }
    return packages;
}

void read_initramfs(const Environment& environment, Kernel& kernel) {
    const auto bytes = environment.tree.read(kernel.initramfs);
    if (!bytes) {
        kernel.content_problem = kernel.initramfs + " cannot be read";
        return;
    }
    auto report = initramfs::check_initramfs(*bytes, {.kernel = kernel.version, .generator = environment.generator});
    if (!report) {
        kernel.content_problem = report.error().message;
        return;
    }
    kernel.packed_zfs = packed(*report, "zfs");
    kernel.packed_spl = packed(*report, "spl");
    kernel.content = std::move(*report);
    kernel.content->modules.clear();
    // Contents are many MiB for each kernel: what rows ask for is small.
    for (auto& [path, entry] : kernel.content->image.entries)
        if (entry.content && entry.size > kMostKept) entry.content.reset();
}

void read_kernel(const Environment& environment, Kernel& kernel) {
    const auto& tree = environment.tree;
    if (const auto bytes = tree.read(kernel.path)) {
        if (auto image = modules::inspect_kernel(*bytes))
            kernel.image = std::move(*image);
        else
            kernel.image_problem = image.error().message;
    } else {
        kernel.image_problem = kernel.path + " cannot be read";
    }
    kernel.tree_zfs = find_module(tree, kernel.version, "zfs");
    kernel.tree_spl = find_module(tree, kernel.version, "spl");
    kernel.has_headers = tree.exists(kModulesDirectory + kernel.version + "/build");
    if (!kernel.initramfs.empty()) read_initramfs(environment, kernel);
}

std::string below(const std::string& path) {
    return path.substr(path.find_first_not_of('/'));
}

/// Kernels of the menu, and those that it does not show because they have no initramfs.
void find_kernels(Environment& environment, const std::string& pin) {
    const auto names = environment.tree.names("boot");
    environment.pairs = boot::kernel_pairs(names);
    for (const auto& name : names) {
        if (!boot::is_kernel_name(name)) continue;
        const auto dash = name.find('-');
        Kernel kernel{dash == std::string::npos ? "" : name.substr(dash + 1), "boot/" + name, {}};
        for (const auto& pair : environment.pairs)
            if (below(pair.kernel) == kernel.path) kernel.initramfs = below(pair.initramfs);
        environment.kernels.push_back(std::move(kernel));
    }
    std::sort(environment.kernels.begin(), environment.kernels.end(), [](const Kernel& left, const Kernel& right) {
        return boot::compare_versions(left.path, right.path) < 0;
    });
    if (environment.pairs.empty()) return;
    const auto chosen = boot::default_kernel(environment.pairs, pin);
    environment.pin_problem = chosen.warning;
    for (auto& kernel : environment.kernels)
        kernel.is_default = kernel.path == below(environment.pairs[chosen.index].kernel);
}

}  // namespace

Environment read_environment(Tree tree, const boot::Dataset* dataset) {
    Environment environment{dataset != nullptr ? dataset->name : std::string{}, std::move(tree)};
    const auto& root = environment.tree;
    environment.system = boot::parse_os_release(root.read("usr/lib/os-release").value_or(""));
    environment.generator = generator_of(root);
    environment.packages = read_packages(root);
    if (const auto bytes = root.read("etc/hostid")) environment.hostid = boot::parse_hostid_file(*bytes);
    environment.fresh = root.exists("var/lib/kldload/first-boot");
    find_kernels(environment, dataset != nullptr ? dataset->value("org.zfsbootmenu:kernel") : "-");
    for (auto& kernel : environment.kernels) read_kernel(environment, kernel);
    return environment;
}

}  // namespace kld::check
