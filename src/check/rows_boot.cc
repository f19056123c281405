// SPDX-License-Identifier: BSD-3-Clause
// Rows about what the menu finds in an environment, and how it starts it.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/command_line.h"
#include "check/fstab.h"
#include "check/rows.h"

namespace kld::check {
namespace {

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
    return lower_case(prefix) == "root=zfs:" || lower_case(prefix) == "root=zfs=";
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
                              initramfs::make_text(environment.generator, kernel.version));
            continue;
        }
        about.fail(environment.kernels.empty() ? "/boot has no kernel: the menu does not show this environment"
                                               : "no kernel in /boot has an initramfs: the menu does not show it",
                   environment.kernels.empty()
                       ? "install a kernel"
                       : initramfs::make_text(environment.generator, environment.kernels.back().version));
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
        const bool meant =
            !plain.empty() && std::any_of(environment.pairs.begin(), environment.pairs.end(),
                                          [&](const boot::KernelPair& pair) { return pair.kernel.ends_with(plain); });
        const auto better = "org.zfsbootmenu:kernel=" + escaped(plain) + "$";
        if (meant)
            about.fail(environment.pin_problem, shell_line({"zfs", "set", better, environment.dataset}),
                       {{"zfs", "set", better, environment.dataset}});
        else
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
        else if (environment.generator == Generator::mkinitcpio && !contains(words(line), "rw"))
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
        if (!contains(hooks, "zfs"))
            about.fail("HOOKS has no zfs", "add zfs before filesystems in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else if (contains(hooks, "systemd"))
            about.fail("HOOKS has systemd, with which the hook zfs does not run",
                       "use udev instead of systemd in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else if (place("filesystems") < place("zfs"))
            about.fail("zfs comes after filesystems in HOOKS",
                       "put zfs before filesystems in /etc/mkinitcpio.conf, then mkinitcpio -P");
        else
            about.pass("HOOKS: " + join(hooks, " "));
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
