// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/hold.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace kld::upgrade {
namespace {

/// What is installed once all is done: names, and with each its versions.
using Installed = std::map<std::string, std::set<std::string>>;

/// "zfs-dkms", "libc6:amd64" (dpkg), "kernel-core.x86_64" (rpm) without the architecture.
std::string plain_name(const std::string& manager, const std::string& name) {
    if (manager == "apt") return name.substr(0, name.find(':'));
    if (manager == "dnf") return name.substr(0, name.rfind('.'));
    return name;
}

/// rpm says an epoch of 0, and dnf's table does not.
std::string plain_version(const std::string& manager, const std::string& version) {
    return manager == "dnf" && version.starts_with("0:") ? version.substr(2) : version;
}

Installed after(const std::string& manager, const Simulation& simulation, const packages::Packages& before) {
    Installed all;
    for (const auto& [name, versions] : before) {
        // "1.0 (rc)": removed, or not quite installed.
        if (manager == "apt" && versions.find(' ') != std::string::npos) continue;
        for (const auto& version : words(versions))
            all[plain_name(manager, name)].insert(plain_version(manager, version));
    }
    for (const auto& action : simulation.actions) {
        auto& versions = all[action.package];
        if (manager != "dnf") versions.clear();
        if (!action.before.empty()) versions.erase(plain_version(manager, action.before));
        if (!action.after.empty()) versions.insert(plain_version(manager, action.after));
        if (versions.empty()) all.erase(action.package);
    }
    return all;
}

bool has(const Installed& all, const std::string& name, const std::string& version = {}) {
    const auto at = all.find(name);
    return at != all.end() && (version.empty() || at->second.contains(version));
}

/// The release of a Debian kernel's package, without the letters of an unsigned one; empty for meta-packages and for
/// debug symbols.
std::string debian_release(const std::string& package) {
    constexpr std::string_view kPrefix = "linux-image-", kUnsigned = "-unsigned";
    if (!package.starts_with(kPrefix) || package.ends_with("-dbg")) return {};
    auto release = package.substr(kPrefix.size());
    if (release.ends_with(kUnsigned)) release.resize(release.size() - kUnsigned.size());
    // "6.12.118+deb13-amd64", not "amd64" nor "6.12-amd64"'s meta-packages of no version: those have no second dot.
    const bool number = !release.empty() && release[0] >= '0' && release[0] <= '9';
    return number && std::count(release.begin(), release.end(), '.') >= 2 ? release : std::string();
}

std::vector<Hold> hold_debian(const Simulation& simulation, const Installed& all) {
    std::vector<Hold> holds;
    for (const auto& action : simulation.actions) {
        const auto release = debian_release(action.package);
        if (release.empty() || action.after.empty() || has(all, "zfs-modules-" + release)) continue;
        const bool dkms = has(all, "zfs-dkms");
        if (dkms && has(all, "linux-headers-" + release)) continue;
        holds.push_back(
            {release,
             {action.package},
             dkms ? fmt::format("zfs-dkms has nothing to compile with, linux-headers-{} does not come along", release)
                  : fmt::format("no zfs-modules-{} comes along", release)});
    }
    return holds;
}

std::vector<Hold> hold_fedora(const Simulation& simulation, const Installed& all) {
    std::vector<Hold> holds;
    for (const auto& action : simulation.actions) {
        if (action.package != "kernel-core" || action.after.empty()) continue;
        const auto version = plain_version("dnf", action.after);
        const auto release = version + "." + action.architecture;
        if (has(all, "zfs-modules-" + release)) continue;
        const bool dkms = has(all, "zfs-dkms");
        if (dkms && has(all, "kernel-devel", version)) continue;
        holds.push_back(
            {release,
             {"kernel*-" + version + "*"},
             dkms ? fmt::format("zfs-dkms has nothing to compile with, kernel-devel-{} does not come along", version)
                  : fmt::format("no zfs-modules-{} comes along", release)});
    }
    return holds;
}

std::vector<Hold> hold_arch(const Simulation& simulation, const Installed& all) {
    static const std::vector<std::string> kernels{"linux", "linux-lts", "linux-zen", "linux-hardened"};
    std::vector<Hold> holds;
    for (const auto& action : simulation.actions) {
        if (!contains(kernels, action.package)) continue;
        // zfs-linux is made for one version of linux: one that stays does not fit the new kernel.
        const auto modules = "zfs-" + action.package, headers = action.package + "-headers";
        if (std::any_of(simulation.actions.begin(), simulation.actions.end(),
                        [&](const Action& other) { return other.package == modules; }))
            continue;
        const bool dkms = has(all, "zfs-dkms");
        if (dkms && has(all, headers, action.after)) continue;
        holds.push_back({action.package,
                         {action.package, headers},
                         dkms ? fmt::format("zfs-dkms has nothing to compile with, {} {} does not come along", headers,
                                            action.after)
                              : fmt::format("no {} comes along", modules)});
    }
    return holds;
}

}  // namespace

std::vector<Hold> plan_hold(const std::string& manager, const Simulation& simulation,
                            const packages::Packages& installed) {
    const auto all = after(manager, simulation, installed);
    if (manager == "apt") return hold_debian(simulation, all);
    if (manager == "dnf") return hold_fedora(simulation, all);
    return hold_arch(simulation, all);
}

std::string to_warning(const Hold& hold) {
    return fmt::format("the kernel {} is left out of this run: {}", hold.kernel, hold.why);
}

Status refuse_losses(const Simulation& simulation) {
    static const std::vector<std::string> needed{"zfsutils-linux", "zfs-initramfs", "zfs-dracut", "zfs-dkms", "zfs",
                                                 "zfs-utils",      "kmod-zfs"};
    std::set<std::string> comes, kernels_that_go;
    for (const auto& action : simulation.actions) {
        if (!action.after.empty())
            comes.insert(action.package);
        else if (action.package == "kernel-core")
            kernels_that_go.insert(plain_version("dnf", action.before) + "." + action.architecture);
        else
            kernels_that_go.insert(debian_release(action.package));
    }
    constexpr std::string_view kModules = "zfs-modules-";
    std::vector<std::string> lost;
    for (const auto& action : simulation.actions) {
        if (!action.after.empty() || comes.contains(action.package)) continue;
        const bool modules =
            action.package.starts_with(kModules) && !kernels_that_go.contains(action.package.substr(kModules.size()));
        if (modules || contains(needed, action.package)) lost.push_back(action.package);
    }
    if (lost.empty()) return {};
    return fail("the upgrade would remove what this system boots with: " + join(lost, ", "),
                "call the package manager by itself to see why; it was not started", ExitCode::refused);
}

}  // namespace kld::upgrade
