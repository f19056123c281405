// SPDX-License-Identifier: BSD-3-Clause
// Rows about what the menu finds in an environment, and what is handed to its init.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/command_line.h"
#include "boot/hostid.h"
#include "check/rows.h"

namespace kld::check {
namespace {

struct Mount {
    std::string source, target, type;
    std::vector<std::string> options;
};

std::vector<Mount> read_fstab(const Environment& environment) {
    std::vector<Mount> mounts;
    for (const auto& line : lines(environment.tree.read("etc/fstab").value_or(""))) {
        const auto fields = words(line);
        if (fields.size() < 4 || fields[0].starts_with('#')) continue;
        mounts.push_back({fields[0], fields[1], fields[2], split(fields[3], ',')});
    }
    return mounts;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// A regular expression that matches exactly this text.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view(R"(\^$.|?*+()[]{})").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

bool quotes_balance(const std::string& line) {
    return std::count(line.begin(), line.end(), '"') % 2 == 0;
}

bool names_argument(const std::string& line, const std::vector<std::string>& names) {
    return boot::without_arguments(line, names) != boot::without_arguments(line, {});
}

const char* prefix_of(Generator generator) {
    switch (generator) {
        case Generator::initramfs_tools:
        case Generator::dracut:
            return "root=zfs:";
        case Generator::mkinitcpio:
            return "zfs=";
        case Generator::own:
        case Generator::unknown:
            break;
    }
    return "";
}

/// OpenZFS's scripts take several spellings.
bool prefix_fits(Generator generator, const std::string& prefix) {
    if (generator == Generator::mkinitcpio) return prefix == "zfs=" || prefix == "root=ZFS=";
    if (generator == Generator::unknown) return true;
    return lower(prefix) == "root=zfs:" || lower(prefix) == "root=zfs=";
}

}  // namespace

void check_boot_elsewhere(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        std::string where;
        for (const auto& mount : read_fstab(environment))
            if (mount.target == "/boot") where = "/etc/fstab mounts " + mount.source + " there";
        if (system.pool)
            for (const auto& dataset : system.pool->datasets)
                if (dataset.value("mountpoint") == "/boot" && dataset.value("canmount") != "off")
                    where = "the dataset " + dataset.name + " is mounted there";
        if (where.empty())
            row.in(environment).pass("/boot belongs to the environment");
        else
            row.in(environment)
                .fail("/boot is not part of the environment: " + where,
                      "copy its files into the root dataset, and mount nothing on /boot");
    }
}

void check_pairs(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        if (!environment.pairs.empty()) {
            about.pass(fmt::format("{} kernel{} with initramfs", environment.pairs.size(),
                                   environment.pairs.size() == 1 ? "" : "s"));
            for (const auto& kernel : environment.kernels)
                if (kernel.initramfs.empty())
                    row.in(environment, kernel)
                        .warn("no initramfs: the menu does not show this kernel",
                              "update-initramfs -c -k " + kernel.version);
            continue;
        }
        about.fail(environment.kernels.empty() ? "/boot has no kernel: the menu does not show this environment"
                                               : "no kernel in /boot has an initramfs: the menu does not show it",
                   environment.kernels.empty() ? "install a kernel"
                                               : "update-initramfs -c -k " + environment.kernels.back().version);
    }
}

void check_pin(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto* dataset = system.pool ? boot::find_dataset(system.pool->datasets, environment.dataset) : nullptr;
        if (dataset == nullptr || dataset->value("org.zfsbootmenu:kernel") == "-") {
            about.not_applicable("no kernel is pinned");
            continue;
        }
        const auto& pin = dataset->value("org.zfsbootmenu:kernel");
        if (environment.pin_problem.empty()) {
            about.pass(fmt::format("'{}' chooses a kernel that is there", pin));
            continue;
        }
        // When the text as it stands names one kernel, that one was meant.
        const auto plain = pin.ends_with('$') ? pin.substr(0, pin.size() - 1) : pin;
        for (const auto& pair : environment.pairs)
            if (!plain.empty() && pair.kernel.ends_with(plain)) {
                const auto better = escaped(plain) + "$";
                about.fail(environment.pin_problem,
                           fmt::format("zfs set org.zfsbootmenu:kernel='{}' {}", better, environment.dataset),
                           {{"zfs", "set", "org.zfsbootmenu:kernel=" + better, environment.dataset}});
                break;
            }
        if (std::none_of(environment.pairs.begin(), environment.pairs.end(),
                         [&](const boot::KernelPair& pair) { return !plain.empty() && pair.kernel.ends_with(plain); }))
            about.fail(environment.pin_problem, "zfs inherit org.zfsbootmenu:kernel " + environment.dataset);
    }
}

void check_command_line(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto* dataset = system.pool ? boot::find_dataset(system.pool->datasets, environment.dataset) : nullptr;
        if (dataset == nullptr) {
            about.not_applicable("the command line is a property of a dataset");
            continue;
        }
        const auto line = boot::dataset_arguments(system.pool->datasets, environment.dataset);
        const auto& prefix = dataset->value("org.zfsbootmenu:rootprefix");
        if (!quotes_balance(line))
            about.fail("a quote is not closed in '" + line + "'", "correct org.zfsbootmenu:commandline");
        else if (names_argument(line, {"root", "zfs", "rootfstype", "bootfs", "rollback"}))
            about.fail(fmt::format("'{}' says itself what is mounted, which the menu does", line),
                       "take root=, zfs= and rootfstype= out of org.zfsbootmenu:commandline");
        else if (line.find("%{parent}") != std::string::npos)
            about.fail("%{parent} stands for nothing in '" + line + "'", "correct org.zfsbootmenu:commandline");
        else if (prefix != "-" && !prefix_fits(environment.generator, prefix))
            about.fail(fmt::format("org.zfsbootmenu:rootprefix={} means nothing to this initramfs", prefix),
                       fmt::format("zfs set org.zfsbootmenu:rootprefix={} {}", prefix_of(environment.generator),
                                   environment.dataset));
        else if (environment.generator == Generator::mkinitcpio && !has(words(line), "rw"))
            about.fail(fmt::format("'{}' has no rw: mkinitcpio would import the pool read-only", line),
                       "add rw to org.zfsbootmenu:commandline");
        else
            about.pass(line);
    }
}

void check_mkinitcpio_hooks(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        if (environment.generator != Generator::mkinitcpio) {
            about.not_applicable("mkinitcpio is not used");
            continue;
        }
        std::vector<std::string> hooks;
        for (const auto& line : lines(environment.tree.read("etc/mkinitcpio.conf").value_or(""))) {
            if (!line.starts_with("HOOKS=(")) continue;
            hooks = words(line.substr(7, line.find(')') - 7));
        }
        const auto place = [&](const char* name) { return std::find(hooks.begin(), hooks.end(), name); };
        if (!has(hooks, "zfs"))
            about.fail("HOOKS has no zfs", "add zfs before filesystems in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else if (has(hooks, "systemd"))
            about.fail("HOOKS has systemd, with which the hook zfs does not run",
                       "use udev instead of systemd in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else if (place("filesystems") < place("zfs"))
            about.fail("zfs comes after filesystems in HOOKS",
                       "put zfs before filesystems in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else
            about.pass("HOOKS: " + join(hooks, " "));
    }
}

void check_fstab(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        std::string problem, fix;
        for (const auto& mount : read_fstab(environment)) {
            if (mount.type == "zfs" && mount.target != "/") {
                const auto* dataset = system.pool ? boot::find_dataset(system.pool->datasets, mount.source) : nullptr;
                if (dataset == nullptr || dataset->value("mountpoint") == "legacy") continue;
                problem = fmt::format("{} is in /etc/fstab and mounts by its own mountpoint, too", mount.source);
                fix = "remove its line from /etc/fstab";
            }
            if (mount.type != "vfat" || !system.esp) continue;
            const auto equals = mount.source.find('=');
            const auto tag = mount.source.substr(0, equals);
            const auto id =
                equals == std::string::npos ? "" : lower(replace_all(mount.source.substr(equals + 1), "\"", ""));
            const bool other = (tag == "UUID" && id != lower(system.esp->uuid)) ||
                               (tag == "PARTUUID" && id != lower(system.esp->partuuid));
            if (other && !has(mount.options, "nofail")) {
                problem =
                    fmt::format("{} on {} is not there, and without nofail the boot stops", mount.source, mount.target);
                fix = fmt::format("PARTUUID={} is the EFI system partition of this disk; add nofail",
                                  system.esp->partuuid);
            } else if (other) {
                problem =
                    fmt::format("{} on {} is not the EFI system partition of this disk", mount.source, mount.target);
                fix = fmt::format("write PARTUUID={} instead", system.esp->partuuid);
            } else if (!has(mount.options, "nofail")) {
                problem = fmt::format("{} has no nofail: a machine without that partition does not boot", mount.target);
                fix = "add nofail to its options";
            }
        }
        if (problem.empty())
            about.pass("every line of /etc/fstab can be mounted, or need not be");
        else
            about.warn(problem, fix);
    }
}

void check_selinux(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto configuration = environment.tree.read("etc/selinux/config").value_or("");
        if (configuration.find("\nSELINUX=enforcing") == std::string::npos &&
            !configuration.starts_with("SELINUX=enforcing"))
            about.not_applicable("SELinux does not enforce");
        else if (environment.tree.exists(".autorelabel"))
            about.pass("/.autorelabel: labels are written at the next boot");
        else
            about.unknown("SELinux enforces, and labels are not looked at", "touch /.autorelabel");
    }
}

void check_services(const System& system, const Row& row) {
    constexpr const char* kUnits = "etc/systemd/system/";
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto& tree = environment.tree;
        if (!tree.exists("usr/lib/systemd/system/zfs-mount.service")) {
            about.not_applicable("no systemd units of ZFS are here");
            continue;
        }
        std::vector<std::string> problems;
        Row::Commands commands;
        for (const auto* unit : {"zfs.target", "zfs-import.target", "zfs-mount.service"}) {
            bool enabled = false;
            for (const auto& directory : tree.matching("etc/systemd/system", ""))
                if (directory.ends_with(".wants") || directory.ends_with(".requires"))
                    enabled = enabled || tree.exists(directory + "/" + unit);
            // A link that is not a file leads to /dev/null: the unit is masked.
            if (tree.kind(std::string(kUnits) + unit) == FileKind::symlink) {
                problems.push_back(std::string(unit) + " is masked");
                commands.push_back({"systemctl", "unmask", unit});
            } else if (!enabled) {
                problems.push_back(std::string(unit) + " is not enabled");
                commands.push_back({"systemctl", "enable", unit});
            }
        }
        if (problems.empty())
            about.pass("zfs.target, zfs-import.target and zfs-mount.service are enabled");
        else
            about.warn(join(problems, ", "), "systemctl enable (or unmask) them", commands);
    }
}

void check_identity(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto& tree = environment.tree;
        const auto machine_id = std::string(trim(tree.read("etc/machine-id").value_or("")));
        std::vector<std::string> keys;
        for (const auto& path : tree.matching("etc/ssh", "ssh_host_"))
            if (path.ends_with("_key")) keys.push_back("/" + path);
        if (system.kind == Kind::directory && environment.hostid == boot::kBuildHostid) {
            about.not_applicable("the tree belongs to no machine yet");
            continue;
        }
        const bool has_id = !machine_id.empty() && machine_id != "uninitialized";
        if (environment.fresh) {
            if (has_id || !keys.empty())
                about.warn(
                    fmt::format("first boot is still to come, and {} is there already: all copies would share it",
                                has_id ? "/etc/machine-id" : keys.front()),
                    "empty /etc/machine-id, remove /etc/ssh/ssh_host_*_key*");
            else
                about.pass("machine-id, host keys and hostid are made on first boot");
        } else if (environment.hostid && *environment.hostid == boot::kBuildHostid) {
            about.warn(
                fmt::format("the hostid is {:08x}, which every image has before its first boot", boot::kBuildHostid),
                "zgenhostid -f, update-initramfs -u -k all, reboot");
        } else {
            about.pass("the machine has an identity of its own");
        }
    }
}

void check_dkms_configuration(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto text = environment.tree.read("etc/dkms/zfs.conf");
        if (!text)
            about.not_applicable("there is no /etc/dkms/zfs.conf");
        else if (text->find("REMAKE_INITRD") != std::string::npos)
            about.warn("/etc/dkms/zfs.conf sets REMAKE_INITRD, which dkms 3 ignores: nothing rebuilds the initramfs",
                       "remove the line; the kernel's hooks rebuild the initramfs after dkms");
        else
            about.pass("/etc/dkms/zfs.conf relies on nothing that dkms dropped");
    }
}

void check_kernel_names(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        std::vector<std::string> unseen;
        for (const auto& name : environment.tree.names("boot"))
            if (name.starts_with("Image") || name.starts_with("zImage") || name.starts_with("bzImage"))
                unseen.push_back("/boot/" + name);
        if (unseen.empty())
            row.in(environment).pass("no kernel has a name that the menu does not know");
        else
            row.in(environment)
                .warn("the menu does not show " + join(unseen, ", "),
                      "give it a name that begins with vmlinuz-, or link it so");
    }
}

}  // namespace kld::check
