// SPDX-License-Identifier: BSD-3-Clause
// Rows about kernels, their modules and what their initramfs holds.
#include <fmt/core.h>

#include <array>
#include <set>

#include "base/text.h"
#include "boot/version_order.h"
#include "check/rows.h"

namespace kld::check {
namespace {

/// Findings of the initramfs reader, by what a person has to do about them.
bool is_glue(const std::string& id) {
    return id == "zpool" || id == "zfs" || id == "mount.zfs" || id == "import" || id == "libraries";
}
bool is_module(const std::string& id) {
    return id == "zfs.ko" || id == "spl.ko" || id == "modules.dep" || id == "unpacked";
}
bool is_driver(const std::string& id) {
    return id.starts_with("driver.");
}

/// What is not as it should be among the findings that `wanted` takes.
std::vector<const initramfs::Finding*> wrong(const Kernel& kernel, bool (*wanted)(const std::string&)) {
    std::vector<const initramfs::Finding*> found;
    for (const auto& finding : kernel.content->findings)
        if (!finding.ok && wanted(finding.id)) found.push_back(&finding);
    return found;
}

std::string texts(const std::vector<const initramfs::Finding*>& findings) {
    std::vector<std::string> texts;
    for (const auto* finding : findings) texts.push_back(finding->evidence);
    return join(texts, "; ");
}

struct Glue {
    Generator generator;
    const char* package;
    const char* directory;
    const char* prefix;
    const char* suffix;  ///< below what begins with the prefix
};
// Where the package that teaches a generator about ZFS has its first file.
constexpr std::array kGlue{
    Glue{Generator::initramfs_tools, "zfs-initramfs", "usr/share/initramfs-tools/scripts", "zfs", ""},
    Glue{Generator::dracut, "zfs-dracut", "usr/lib/dracut/modules.d", "", "zfs"},
    Glue{Generator::mkinitcpio, "zfs-utils", "usr/lib/initcpio/install", "zfs", ""},
};

std::string glue_problem(const Environment& environment) {
    for (const auto& glue : kGlue) {
        if (glue.generator != environment.generator) continue;
        for (const auto& name : environment.tree.names(glue.directory))
            if (name.starts_with(glue.prefix) && name.ends_with(glue.suffix)) return {};
        return fmt::format("no {} in /{}: the package {} is not installed", *glue.suffix == '\0' ? "zfs" : "*zfs",
                           glue.directory, glue.package);
    }
    return "no initramfs generator is known here: neither initramfs-tools, dracut nor mkinitcpio";
}

std::string rebuild_text(const Environment& environment, const std::string& kernel) {
    const auto command = initramfs::rebuild_command(environment.generator, kernel);
    return command.empty() ? "make the initramfs again" : join(command, " ");
}

Row::Commands rebuild(const Environment& environment, const std::string& kernel) {
    const auto command = initramfs::rebuild_command(environment.generator, kernel);
    return command.empty() ? Row::Commands{} : Row::Commands{command};
}

/// "Linux-Maximum: 6.16" of META → {6, 16}
std::optional<std::pair<unsigned long, unsigned long>> version_pair(std::string_view text) {
    const auto parts = split(trim(text), '.');
    if (parts.size() < 2) return std::nullopt;
    const auto first = parse_number(parts[0]);
    const auto second = parse_number(parts[1].substr(0, parts[1].find_first_not_of("0123456789")));
    if (!first || !second) return std::nullopt;
    return std::pair(*first, *second);
}

std::string meta_value(const std::string& meta, const std::string& name) {
    for (const auto& line : lines(meta))
        if (line.starts_with(name + ":")) return std::string(trim(std::string_view(line).substr(name.size() + 1)));
    return {};
}

/// Calls `act` for each kernel that the menu shows; says "not applicable" when there is none.
template <typename Act>
void each_packed(const System& system, const Row& row, Act act) {
    bool any = false;
    for (const auto& environment : system.environments)
        for (const auto& kernel : environment.kernels) {
            if (kernel.initramfs.empty()) continue;
            any = true;
            act(environment, kernel);
        }
    if (!any) row.not_applicable("no kernel has an initramfs");
}

}  // namespace

void check_glue(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto problem = glue_problem(environment);
        if (!problem.empty()) {
            row.in(environment).fail(problem, "install it, then " + rebuild_text(environment, "<kernel>"));
            continue;
        }
        bool good = true;
        for (const auto& kernel : environment.kernels) {
            if (!kernel.content) continue;
            const auto bad = wrong(kernel, is_glue);
            if (bad.empty()) continue;
            good = false;
            row.in(environment, kernel)
                .fire(kernel.is_default, texts(bad), bad.front()->fix, rebuild(environment, kernel.version));
        }
        if (good) row.in(environment).pass("import and mount of the root are in every initramfs");
    }
}

void check_packed_module(const System& system, const Row& row) {
    each_packed(system, row, [&](const Environment& environment, const Kernel& kernel) {
        const auto about = row.in(environment, kernel);
        if (!kernel.content)
            return about.fire(kernel.is_default, kernel.content_problem, rebuild_text(environment, kernel.version),
                              rebuild(environment, kernel.version));
        if (const auto bad = wrong(kernel, is_module); !bad.empty())
            return about.fire(kernel.is_default, texts(bad), bad.front()->fix,
                              kernel.tree_zfs.path.empty() ? Row::Commands{} : rebuild(environment, kernel.version));
        for (const auto* module : {&kernel.packed_zfs, &kernel.packed_spl})
            if (!module->problem.empty())
                return about.fire(kernel.is_default, fmt::format("{}: {}", module->path, module->problem),
                                  rebuild_text(environment, kernel.version));
        if (kernel.packed_zfs.facts && kernel.tree_zfs.facts &&
            kernel.packed_zfs.facts->version != kernel.tree_zfs.facts->version)
            return about.warn(
                fmt::format("the initramfs has zfs {}, /{} is {}: it was not made again",
                            kernel.packed_zfs.facts->version, kernel.tree_zfs.path, kernel.tree_zfs.facts->version),
                rebuild_text(environment, kernel.version), rebuild(environment, kernel.version));
        about.pass("zfs.ko and spl.ko are in " + kernel.initramfs);
    });
}

void check_built_module(const System& system, const Row& row) {
    bool any = false;
    for (const auto& environment : system.environments)
        for (const auto& kernel : environment.kernels) {
            any = true;
            const auto about = row.in(environment, kernel);
            if (!kernel.tree_zfs.path.empty() && !kernel.tree_spl.path.empty()) {
                about.pass("/" + kernel.tree_zfs.path);
                continue;
            }
            std::string why = fmt::format("no {}.ko below /usr/lib/modules/{}",
                                          kernel.tree_zfs.path.empty() ? "zfs" : "spl", kernel.version);
            const bool dkms = environment.packages.contains("zfs-dkms");
            const auto configuration = environment.tree.read("boot/config-" + kernel.version).value_or("");
            if (configuration.find("CONFIG_PREEMPT_RT=y") != std::string::npos)
                why += "; ZFS is not built for real-time kernels";
            else if (dkms && !kernel.has_headers)
                why += "; the kernel's headers are not installed";
            about.fire(kernel.is_default, why,
                       dkms ? fmt::format("install linux-headers-{}, then dkms install zfs -k {}", kernel.version,
                                          kernel.version)
                            : fmt::format("install zfs-modules-{}", kernel.version));
        }
    if (!any) row.not_applicable("there is no kernel");
}

void check_same_zfs(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        std::set<std::string> versions;
        for (const auto& kernel : environment.kernels)
            if (!kernel.initramfs.empty() && kernel.tree_zfs.facts) versions.insert(kernel.tree_zfs.facts->version);
        const std::vector<std::string> all(versions.begin(), versions.end());
        if (versions.empty())
            row.in(environment).not_applicable("no kernel has a ZFS module");
        else if (versions.size() == 1)
            row.in(environment).pass("all kernels have zfs " + all.front());
        else
            row.in(environment)
                .warn("kernels have different ZFS: " + join(all, ", "),
                      "build or install the newest for all of them (dkms autoinstall, or zfs-modules-<kernel>)");
    }
}

void check_supported_kernel(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto sources = environment.tree.matching("usr/src", "zfs-");
        if (sources.empty()) {
            about.not_applicable("modules come built: no ZFS source is installed");
            continue;
        }
        const auto meta = environment.tree.read(sources.back() + "/META").value_or("");
        const auto most = version_pair(meta_value(meta, "Linux-Maximum"));
        const auto least = version_pair(meta_value(meta, "Linux-Minimum"));
        if (!most || !least) {
            about.unknown(fmt::format("/{}/META does not say which kernels it supports", sources.back()));
            continue;
        }
        bool good = true;
        for (const auto& kernel : environment.kernels) {
            const auto version = version_pair(kernel.version);
            if (!version || (*version <= *most && *version >= *least)) continue;
            good = false;
            row.in(environment, kernel)
                .fire(kernel.is_default,
                      fmt::format("/{} supports Linux {} to {}", sources.back(), meta_value(meta, "Linux-Minimum"),
                                  meta_value(meta, "Linux-Maximum")),
                      "hold this kernel (apt-mark hold), or install a newer zfs-dkms");
        }
        if (good) about.pass("all kernels are at most " + meta_value(meta, "Linux-Maximum"));
    }
}

void check_kernel_version(const System& system, const Row& row) {
    each_packed(system, row, [&](const Environment& environment, const Kernel& kernel) {
        const auto about = row.in(environment, kernel);
        if (!kernel.image)
            return about.fire(kernel.is_default, kernel.image_problem,
                              fmt::format("reinstall linux-image-{}", kernel.version));
        if (kernel.image->release() != kernel.version)
            return about.fire(kernel.is_default, fmt::format("/{} is Linux {}", kernel.path, kernel.image->release()),
                              fmt::format("reinstall linux-image-{}", kernel.version));
        for (const auto* module : {&kernel.packed_zfs, &kernel.packed_spl, &kernel.tree_zfs, &kernel.tree_spl})
            if (module->facts && module->facts->release() != kernel.version)
                return about.fire(kernel.is_default,
                                  fmt::format("{} was built for {}", module->path, module->facts->release()),
                                  fmt::format("install zfs-modules-{}, then {}", kernel.version,
                                              rebuild_text(environment, kernel.version)));
        about.pass("kernel, directory of modules and zfs.ko name the same release");
    });
}

void check_userland_version(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto package = environment.packages.find("zfsutils-linux");
        const auto about = row.in(environment);
        if (package == environment.packages.end()) {
            about.not_applicable("zfsutils-linux is not installed by dpkg");
            continue;
        }
        const auto own = boot::major_minor(package->second);
        bool good = true;
        for (const auto& kernel : environment.kernels) {
            if (!kernel.tree_zfs.facts || boot::major_minor(kernel.tree_zfs.facts->version) == own) continue;
            good = false;
            row.in(environment, kernel)
                .warn(
                    fmt::format("zfsutils-linux is {}, zfs.ko is {}", package->second, kernel.tree_zfs.facts->version),
                    "install both of the same version");
        }
        if (good) about.pass("zfsutils-linux and modules are " + own);
    }
}

void check_drivers(const System& system, const Row& row) {
    each_packed(system, row, [&](const Environment& environment, const Kernel& kernel) {
        const auto about = row.in(environment, kernel);
        if (!kernel.content) return about.not_applicable("the initramfs cannot be read");
        std::vector<std::string> missing;
        for (const auto* finding : wrong(kernel, is_driver)) missing.push_back(finding->id.substr(7));
        if (missing.empty()) return about.pass("drivers of all common disks are there");
        // A machine that runs has the drivers of its own disks; it is elsewhere that the others are missed.
        about.fire(system.kind != Kind::running && kernel.is_default,
                   fmt::format("made for one machine: {} cannot be used elsewhere", join(missing, ", ")),
                   environment.generator == Generator::dracut
                       ? "hostonly=no in /etc/dracut.conf.d, then " + rebuild_text(environment, kernel.version)
                       : "MODULES=most in /etc/initramfs-tools, then " + rebuild_text(environment, kernel.version));
    });
}

}  // namespace kld::check
