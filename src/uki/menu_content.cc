// SPDX-License-Identifier: BSD-3-Clause
#include "uki/menu_content.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/version_order.h"
#include "uki/elf.h"
#include "uki/menu_drivers.h"
#include "uki/menu_keymaps.h"

namespace kld::uki {
namespace {

const std::vector<std::string> kPrograms{"/usr/sbin/zpool", "/usr/sbin/zfs", "/usr/sbin/mount.zfs", "/usr/bin/kmod"};
const std::vector<std::string> kKmodNames{"modprobe", "insmod", "rmmod", "lsmod", "modinfo", "depmod"};

/// A merged-/usr skeleton with what PID 1 finds before it has mounted anything.
void add_skeleton(InitramfsArchive& archive) {
    for (const auto* directory : {"dev", "etc/zfs", "mnt", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/lib",
                                  "usr/lib64", "usr/sbin", "var"})
        archive.add_directory(directory);
    for (const auto* merged : {"bin", "lib", "lib64", "sbin"}) archive.add_link(merged, fmt::format("usr/{}", merged));
    archive.add_character_device("dev/console", 5, 1);
    archive.add_character_device("dev/null", 1, 3);
    archive.add_link("etc/mtab", "/proc/self/mounts");
    archive.add_file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    archive.add_file("etc/group", "root:x:0:\n");
}

Status add_programs(const MenuImageRequest& request, TreeRunner& tree, Files& files, MenuContent& content) {
    auto& archive = content.archive;
    KLD_TRY(auto menu, files.read(request.menu_program));
    const auto needs = elf_needs(menu);
    if (!needs) return fail(Error(needs.error()).within(request.menu_program));
    if (!needs->interpreter.empty() || !needs->libraries.empty())
        return fail(request.menu_program + " is not static; the boot menu has no libraries for it");
    archive.add_file("init", std::move(menu), 0755);
    for (const auto& program : kPrograms) {
        KLD_TRY(auto bytes, files.read(request.tree + program));
        archive.add_file(program.substr(1), std::move(bytes), 0755);
    }
    // libgcc_s is opened by name when a thread is cancelled: no program lists it.
    KLD_TRY(const auto libraries, library_closure(files, request.tree, kPrograms, {"libgcc_s.so.1"}));
    for (const auto& library : libraries) {
        KLD_TRY(auto bytes, files.read(request.tree + library));
        const auto path = library.starts_with("/usr/") ? library.substr(1) : "usr" + library;
        archive.add_file(path, std::move(bytes), 0755);
    }
    content.taken.insert(content.taken.end(), kPrograms.begin(), kPrograms.end());
    content.taken.insert(content.taken.end(), libraries.begin(), libraries.end());
    content.taken.emplace_back("/usr/bin/busybox");
    for (const auto& name : kKmodNames) archive.add_link("usr/sbin/" + name, "../bin/kmod");

    KLD_TRY(auto busybox, files.read(request.tree + "/usr/bin/busybox"));
    archive.add_file("usr/bin/busybox", std::move(busybox), 0755);
    KLD_TRY(const auto applets, tree.run({{"/usr/bin/busybox", "--list"}}));
    for (const auto& applet : lines(applets.out)) {
        const bool taken = std::find(kKmodNames.begin(), kKmodNames.end(), applet) != kKmodNames.end();
        if (!taken && applet != "busybox") archive.add_link("usr/bin/" + applet, "busybox");
    }
    return {};
}

/// Puts the modules and depmod's indices of this subset into the archive.
Status add_modules(const ModuleTree& modules, const std::string& version, TreeRunner& tree, Files& files,
                   const std::string& stage, const std::string& stage_inside, MenuContent& content) {
    const auto directory = fmt::format("usr/lib/modules/{}", version);
    const auto staged = fmt::format("{}/{}", stage, directory);
    KLD_CHECK(files.make_directories(staged));
    for (const auto* index : {"modules.order", "modules.builtin", "modules.builtin.modinfo"}) {
        KLD_TRY(const auto bytes, files.read(fmt::format("{}/{}", modules.directory(), index)));
        KLD_CHECK(files.write(fmt::format("{}/{}", staged, index), bytes));
    }
    KLD_TRY(const auto chosen, choose_modules(modules, version));
    for (const auto& name : chosen) {
        const auto stored = modules.path(name);
        KLD_TRY(auto module, read_module(files, fmt::format("{}/{}", modules.directory(), stored)));
        if (name == "zfs" || name == "spl") KLD_CHECK(check_module(name, module, version));
        if (name == "zfs") {
            content.zfs_version = modinfo(module, "version");
            content.taken.push_back(fmt::format("/usr/lib/modules/{}/{}", version, stored));
        }
        const auto plain = stored.substr(0, stored.find(".ko") + 3);
        const auto path = fmt::format("{}/{}", staged, plain);
        KLD_CHECK(files.make_directories(path.substr(0, path.rfind('/'))));
        KLD_CHECK(files.write(path, module));
        content.archive.add_file(fmt::format("{}/{}", directory, plain), std::move(module));
    }
    KLD_CHECK(tree.run({{"depmod", "-b", stage_inside + "/usr", version}}));
    for (const auto* index : {"modules.dep.bin", "modules.alias.bin", "modules.softdep", "modules.builtin.bin",
                              "modules.builtin.alias.bin", "modules.symbols.bin", "modules.dep", "modules.alias"}) {
        const auto path = fmt::format("{}/{}", staged, index);
        if (!files.exists(path)) continue;
        KLD_TRY(auto bytes, files.read(path));
        content.archive.add_file(fmt::format("{}/{}", directory, index), std::move(bytes));
    }
    return {};
}

/// What `zpool status` compares the features of a pool with, by the pool's property compatibility.
Status add_compatibility(Files& files, const std::string& tree, MenuContent& content) {
    const std::string directory = "/usr/share/zfs/compatibility.d";
    KLD_TRY(const auto names, files.list(tree + directory));
    for (const auto& name : names) {
        const auto path = fmt::format("{}/{}", directory, name);
        KLD_TRY(auto bytes, files.read(tree + path));
        content.archive.add_file(path.substr(1), std::move(bytes));
        content.taken.push_back(path);
    }
    return {};
}

Status add_keymaps(Files& files, const std::string& directory, MenuContent& content) {
    KLD_TRY(const auto names, files.list(directory));
    for (const auto& name : names) {
        KLD_TRY(auto bytes, files.read(fmt::format("{}/{}", directory, name)));
        content.archive.add_file(fmt::format("{}/{}", boot::kKeymapDirectory, name), std::move(bytes));
    }
    content.taken.insert(content.taken.end(), kKeymapSources.begin(), kKeymapSources.end());
    return {};
}

}  // namespace

Status add_data(const MenuImageRequest& request, Files& files, MenuContent& content) {
    KLD_CHECK(add_compatibility(files, request.tree, content));
    return add_keymaps(files, request.keymaps, content);
}

Result<std::set<std::string>> choose_modules(const ModuleTree& modules, const std::string& version) {
    std::vector<std::string> missing;
    auto chosen = required_drivers();
    for (const auto& name : chosen)
        if (!modules.contains(name) && !modules.built_in(name)) missing.push_back(name);
    if (!missing.empty())
        return fail(Error{
            fmt::format("the boot menu cannot be built: kernel {} has no module {}", version, join(missing, ", ")),
            {"looked in " + modules.directory() + "/modules.dep"},
            "install the module packages for this kernel and run depmod in the tree"});
    const auto wanted = wanted_drivers();
    chosen.insert(chosen.end(), wanted.begin(), wanted.end());
    for (const auto& directory : wanted_driver_directories()) {
        const auto names = modules.below(directory);
        chosen.insert(chosen.end(), names.begin(), names.end());
    }
    return modules.closure(chosen);
}

Status check_module(const std::string& name, std::string_view module, const std::string& kernel_version) {
    if (!has_signature(module))
        return fail(fmt::format("{}.ko for kernel {} is not signed", name, kernel_version),
                    "sign it with the module key; a locked-down kernel refuses it otherwise");
    const auto magic = modinfo(module, "vermagic");
    if (magic.substr(0, magic.find(' ')) != kernel_version)
        return fail(fmt::format("{}.ko was built for kernel '{}', not for {}", name, magic, kernel_version));
    return {};
}

Result<std::string> menu_kernel_version(Files& files, const std::string& tree) {
    KLD_TRY(auto versions, files.list(tree + "/usr/lib/modules"));
    std::sort(versions.begin(), versions.end(),
              [](const auto& a, const auto& b) { return boot::compare_versions(a, b) > 0; });
    for (const auto& version : versions) {
        if (!files.exists(fmt::format("{}/boot/vmlinuz-{}", tree, version))) continue;
        const auto modules = ModuleTree::read(files, tree, version);
        if (modules && modules->contains("zfs")) return version;
    }
    return fail(Error{fmt::format("no kernel in {} has a zfs module", tree),
                      {"kernels with modules: " + (versions.empty() ? "none" : join(versions, ", "))},
                      "install the module package for the kernel and run depmod in the tree"});
}

Result<MenuContent> collect_menu(const MenuImageRequest& request, TreeRunner& tree, Files& files,
                                 const std::string& stage, const std::string& stage_inside) {
    MenuContent content;
    content.kernel_version = request.kernel_version;
    if (content.kernel_version.empty()) {
        KLD_TRY(content.kernel_version, menu_kernel_version(files, request.tree));
    }
    KLD_TRY(const auto modules, ModuleTree::read(files, request.tree, content.kernel_version));
    add_skeleton(content.archive);
    KLD_CHECK(add_programs(request, tree, files, content));
    KLD_CHECK(add_data(request, files, content));
    KLD_CHECK(add_modules(modules, content.kernel_version, tree, files, stage, stage_inside, content));
    return content;
}

}  // namespace kld::uki
