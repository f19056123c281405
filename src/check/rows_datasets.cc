// SPDX-License-Identifier: BSD-3-Clause
// Rows about datasets: what is mounted where, and what belongs together.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "boot/environments.h"
#include "check/rows.h"

namespace kld::check {
namespace {

bool is_below(const std::string& name, const std::string& parent) {
    return name.starts_with(parent + "/");
}

/// The boot environments, by the menu's rule.
std::vector<const boot::Dataset*> environments_of(const Pool& pool) {
    std::vector<const boot::Dataset*> found;
    for (const auto& dataset : pool.datasets)
        if (boot::is_boot_environment(dataset)) found.push_back(&dataset);
    return found;
}

bool belongs_to_an_environment(const Pool& pool, const std::string& name) {
    const auto environments = environments_of(pool);
    return std::any_of(environments.begin(), environments.end(), [&](const boot::Dataset* environment) {
        return name == environment->name || is_below(name, environment->name);
    });
}

/// Mounted by `zfs mount -a`.
bool mounts_itself(const boot::Dataset& dataset) {
    return dataset.value("mountpoint").starts_with('/') && dataset.value("canmount") == "on";
}

bool covers(const std::string& mountpoint, const std::string& path) {
    return path == mountpoint || path.starts_with(mountpoint + "/");
}

/// Files in a directory of the tree, without what is only made to mount upon.
std::vector<std::string> hidden_files(const Tree& tree, const std::string& directory) {
    std::vector<std::string> found;
    for (const auto& name : tree.names(directory)) {
        const auto path = directory + "/" + name;
        if (tree.kind(path) != FileKind::directory) {
            found.push_back("/" + path);
            continue;
        }
        const auto below = hidden_files(tree, path);
        found.insert(found.end(), below.begin(), below.end());
    }
    return found;
}

/// The initramfs mounts /var/log of the pool before systemd starts.
bool mounts_log_early(const Environment& environment) {
    for (const auto& kernel : environment.kernels) {
        if (!kernel.content) continue;
        const auto& entries = kernel.content->image.entries;
        if (std::none_of(entries.begin(), entries.end(), [](const auto& entry) {
                return entry.first.ends_with("kldload-var-log") || entry.first.ends_with("kldload-var-log.sh");
            }))
            return false;
    }
    return true;
}

/// Where the key is asked for: a dataset below another one's key has the location "none". kldload-pool does not name
/// the root of a dataset that it cannot read, so it is looked for above.
const boot::Dataset& encryption_root_of(const Pool& pool, const boot::Dataset& dataset) {
    if (const auto* named = boot::find_dataset(pool.datasets, dataset.value("encryptionroot"))) return *named;
    const auto* root = &dataset;
    for (auto name = dataset.name; root->value("keylocation") == "none" || root->value("keylocation") == "-";) {
        const auto slash = name.rfind('/');
        if (slash == std::string::npos) return dataset;
        name.resize(slash);
        if (const auto* above = boot::find_dataset(pool.datasets, name)) root = above;
    }
    return *root;
}

}  // namespace

void check_canmount(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    std::vector<std::string> wrong;
    Row::Commands commands;
    for (const auto* dataset : environments_of(*system.pool)) {
        if (dataset->value("canmount") != "on") continue;
        wrong.push_back(dataset->name);
        commands.push_back({"zfs", "set", "canmount=noauto", dataset->name});
    }
    if (wrong.empty())
        row.pass("every environment has canmount=noauto");
    else
        row.fail(join(wrong, ", ") + " has canmount=on: it is mounted over the one that was booted",
                 "zfs set canmount=noauto " + join(wrong, " "), commands);
}

void check_mounted_twice(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    std::map<std::string, std::string> mounted;
    for (const auto& dataset : system.pool->datasets) {
        if (!mounts_itself(dataset) || boot::is_boot_environment(dataset)) continue;
        const auto& mountpoint = dataset.value("mountpoint");
        if (belongs_to_an_environment(*system.pool, dataset.name))
            return row.warn(fmt::format("{} lies below an environment and mounts on {} whichever is booted",
                                        dataset.name, mountpoint),
                            "zfs set canmount=off " + dataset.name + ", or move it out of the environment");
        if (const auto [at, is_new] = mounted.try_emplace(mountpoint, dataset.name); !is_new)
            return row.fail(fmt::format("{} and {} both mount on {}", at->second, dataset.name, mountpoint),
                            "zfs set canmount=noauto " + dataset.name);
    }
    for (const auto& environment : system.environments)
        for (const auto& name : environment.tree.names("etc/zfs/zfs-list.cache"))
            for (const auto& line : lines(environment.tree.read("etc/zfs/zfs-list.cache/" + name).value_or(""))) {
                const auto fields = split(line, '\t');
                const bool other =
                    fields.size() > 2 && fields[1] == "/" && fields[0] != environment.dataset && fields[2] == "on";
                if (other || (fields.size() > 1 && fields[1].starts_with("/mnt/")))
                    return row.in(environment)
                        .warn(fmt::format("/etc/zfs/zfs-list.cache/{} lists {} on {}", name, fields[0], fields[1]),
                              "remove the line; zed writes the file anew when a dataset changes");
            }
    row.pass("no two datasets mount on one place");
}

void check_early_datasets(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        std::string problem, fix;
        for (const auto& dataset : system.pool->datasets) {
            if (!mounts_itself(dataset) || boot::is_boot_environment(dataset)) continue;
            const auto& mountpoint = dataset.value("mountpoint");
            const auto inside = mountpoint.substr(1);
            if (mountpoint == "/var/log" && !mounts_log_early(environment) &&
                environment.tree.read("etc/zfs/zfs-list.cache/" + system.pool->name).value_or("").empty()) {
                problem = dataset.name + " mounts on /var/log after the journal has begun to write there";
                fix = "install kldload-boot, or enable zfs-list.cache with zed, then rebuild the initramfs";
            }
            if (system.kind == Kind::running) continue;  // what lies below a mount cannot be seen
            if (const auto hidden = hidden_files(environment.tree, inside); !hidden.empty()) {
                problem = fmt::format("{} hides {} of {}", dataset.name, hidden.front(), environment.dataset);
                fix = "move it away while the dataset is not mounted";
            }
        }
        if (problem.empty())
            about.pass("datasets are mounted before anything writes below them");
        else
            about.warn(problem, fix);
    }
}

void check_coupled_state(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    for (const auto& dataset : system.pool->datasets) {
        if (boot::is_boot_environment(dataset) || dataset.value("canmount") == "off") continue;
        const auto& mountpoint = dataset.value("mountpoint");
        for (const auto* part : {"/usr", "/etc", "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/pacman", "/var/lib/apt"})
            // A dataset deep below /usr (/usr/local, /usr/src) splits nothing that packages write.
            if (covers(mountpoint, part) && mountpoint.size() > 1)
                return row.warn(
                    fmt::format("{} holds {}: it does not go back with the environment", dataset.name, part),
                    fmt::format("copy {} into the root dataset, then canmount=off for {}", mountpoint, dataset.name));
    }
    row.pass("/usr, /etc and the package database belong to the environment");
}

void check_environment_properties(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    const auto environments = environments_of(*system.pool);
    for (const auto* dataset : environments)
        if (dataset->value("readonly") == "on")
            return row.fail(dataset->name + " has readonly=on", "zfs set readonly=off " + dataset->name,
                            {{"zfs", "set", "readonly=off", dataset->name}});
    // A tool that mounts an environment elsewhere by its property, and dies, leaves one that no menu shows.
    for (const auto& dataset : system.pool->datasets) {
        const auto& mountpoint = dataset.value("mountpoint");
        if (dataset.value("canmount") != "noauto" || mountpoint == "/" || !mountpoint.starts_with('/')) continue;
        const auto container = dataset.name.substr(0, dataset.name.rfind('/'));
        for (const auto* environment : environments)
            if (environment->name.substr(0, environment->name.rfind('/')) == container)
                return row.warn(
                    fmt::format("{} has mountpoint={}: the menu does not show it", dataset.name, mountpoint),
                    "zfs set -u mountpoint=/ " + dataset.name);
    }
    row.pass("the properties of every environment are those of one");
}

void check_clones(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    std::size_t clones = 0;
    for (const auto& dataset : system.pool->datasets) {
        const auto& origin = dataset.value("origin");
        if (!boot::is_boot_environment(dataset) || origin.find('@') == std::string::npos) continue;
        ++clones;
        const auto* snapshot = boot::find_dataset(system.pool->snapshots, origin);
        if (snapshot != nullptr &&
            (snapshot->value("defer_destroy") == "on" || snapshot->value("defer_destroy") == "1"))
            return row.warn(fmt::format("{} is a clone of {}, which goes as soon as it can", dataset.name, origin),
                            "zfs promote " + dataset.name);
    }
    if (clones == 0)
        row.not_applicable("no environment is a clone");
    else
        row.pass(fmt::format("{} environments are clones whose origins stay", clones));
}

void check_encryption(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    bool any = false;
    for (const auto* dataset : environments_of(*system.pool)) {
        const auto& encryption = dataset->value("encryption");
        if (encryption == "-" || encryption == "off") continue;
        any = true;
        const auto& root = encryption_root_of(*system.pool, *dataset);
        const auto& location = root.value("keylocation");
        if (root.value("keyformat") != "passphrase" && location == "prompt")
            return row.fail(
                fmt::format("{} asks for a {} key, which nobody can type", root.name, root.value("keyformat")),
                "zfs change-key -o keyformat=passphrase " + root.name);
        if (!location.starts_with("file://")) continue;
        const auto file = location.substr(8);
        const auto* environment = system.environment_of(dataset->name);
        if (environment == nullptr) continue;
        if (!environment->tree.exists(file))
            return row.fail(fmt::format("the key of {} is {}, which is not there", root.name, location),
                            "zfs set keylocation=prompt " + root.name);
        for (const auto& kernel : environment->kernels)
            if (kernel.content && kernel.content->image.find(file) == nullptr)
                return row.fail(fmt::format("the key {} is not in {}", location, kernel.initramfs),
                                "add it to the initramfs, and keep that readable by root alone");
    }
    if (any)
        row.pass("every key can be given at boot");
    else
        row.not_applicable("no environment is encrypted");
}

}  // namespace kld::check
