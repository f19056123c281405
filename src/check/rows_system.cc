// SPDX-License-Identifier: BSD-3-Clause
// Rows about what the environment's own init finds once the root is mounted.
#include <fmt/core.h>

#include "base/text.h"
#include "boot/hostid.h"
#include "check/fstab.h"
#include "check/rows.h"

namespace kld::check {

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
                equals == std::string::npos ? "" : lower_case(replace_all(mount.source.substr(equals + 1), "\"", ""));
            const bool other = (tag == "UUID" && id != lower_case(system.esp->uuid)) ||
                               (tag == "PARTUUID" && id != lower_case(system.esp->partuuid));
            if (other && !contains(mount.options, "nofail")) {
                problem =
                    fmt::format("{} on {} is not there, and without nofail the boot stops", mount.source, mount.target);
                fix = fmt::format("PARTUUID={} is the EFI system partition of this disk; add nofail",
                                  system.esp->partuuid);
            } else if (other) {
                problem =
                    fmt::format("{} on {} is not the EFI system partition of this disk", mount.source, mount.target);
                fix = fmt::format("write PARTUUID={} instead", system.esp->partuuid);
            } else if (!contains(mount.options, "nofail")) {
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
        std::vector<std::string> names;
        for (const auto& path : tree.matching("etc/ssh", "ssh_host_"))
            if (path.ends_with("_key")) names.push_back("/" + path);
        for (const auto* path : {"etc/nvme/hostid", "etc/nvme/hostnqn"})
            if (tree.exists(path)) names.push_back(std::string("/") + path);
        if (system.kind == Kind::directory && environment.hostid == boot::kBuildHostid) {
            about.not_applicable("the tree belongs to no machine yet");
            continue;
        }
        const bool has_id = !machine_id.empty() && machine_id != "uninitialized";
        if (environment.fresh) {
            if (has_id || !names.empty())
                about.warn(
                    fmt::format("first boot is still to come, and {} is there already: all copies would share it",
                                has_id ? "/etc/machine-id" : names.front()),
                    "empty /etc/machine-id, remove /etc/ssh/ssh_host_*_key*, /etc/nvme/hostid and /etc/nvme/hostnqn");
            else
                about.pass("machine-id, host keys and hostid are made on first boot");
        } else if (environment.hostid && *environment.hostid == boot::kBuildHostid) {
            about.warn(
                fmt::format("the hostid is {:08x}, which every image has before its first boot", boot::kBuildHostid),
                "zgenhostid -f, " + initramfs::rebuild_all_text(environment.generator) + ", reboot");
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

}  // namespace kld::check
