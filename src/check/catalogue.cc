// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "check/rows.h"

namespace kld::check {
namespace {

void guard_of_tools(const System&, const Row& row) {
    row.not_applicable("a question to whoever destroys or rolls back, not to a system as it is");
}

/// Of a directory nobody expects it.
bool needs(bool there, const System& system, const Row& row, const std::string& what) {
    if (there) return true;
    if (system.kind == Kind::directory)
        row.not_applicable("a directory has no " + what);
    else
        row.unknown(fmt::format("there is no {} to look at: {}", what, system.unread),
                    "mount it, or check the whole disk");
    return false;
}

}  // namespace

bool needs_a_pool(const System& system, const Row& row) {
    return needs(system.pool.has_value(), system, row, "pool");
}

bool needs_an_esp(const System& system, const Row& row) {
    return needs(system.esp.has_value(), system, row, "EFI system partition");
}

const std::vector<RowEntry>& catalogue() {
    static const std::vector<RowEntry> rows{
        {"B01", "root import in the initramfs", check_glue},
        {"B02", "ZFS modules in the initramfs", check_packed_module},
        {"B03", "ZFS modules for every kernel", check_built_module},
        {"B04", "one ZFS version for all kernels", check_same_zfs},
        {"B05", "kernels that ZFS supports", check_supported_kernel},
        {"B06", "releases of kernel and modules", check_kernel_version},
        {"B07", "ZFS commands and modules", check_userland_version},
        {"B08", "hostid", check_hostid},
        {"B09", "pool cache file", check_cache_file},
        {"B10", "import of other pools", check_import_units},
        {"B11", "canmount of environments", check_canmount},
        {"B12", "one dataset to a mount point", check_mounted_twice},
        {"B13", "mounts before first use", check_early_datasets},
        {"B14", "what belongs to the environment", check_coupled_state},
        {"B15", "/boot in the environment", check_boot_elsewhere},
        {"B16", "kernel pairs", check_pairs},
        {"B17", "kernel pin", check_pin},
        {"B18", "command line", check_command_line},
        {"B19", "bootfs", check_bootfs},
        {"B20", "mkinitcpio hooks", check_mkinitcpio_hooks},
        {"B21", "properties of environments", check_environment_properties},
        {"B22", "EFI system partition", check_esp},
        {"B23", "fallback loader", check_fallback_loader},
        {"B24", "fstab", check_fstab},
        {"B25", "pool features", check_menu_features},
        {"B26", "GRUB", check_grub},
        {"B27", "Secure Boot signatures", check_signatures},
        {"B28", "SELinux labels", check_selinux},
        {"B29", "services", check_services},
        {"B30", "running environment", guard_of_tools},
        {"B31", "clones", check_clones},
        {"B32", "encrypted root", check_encryption},
        {"B33", "free space", check_space},
        {"B34", "drivers for other hardware", check_drivers},
        {"B35", "identity", check_identity},
        {"B36", "dkms settings", check_dkms_configuration},
        {"B37", "kernel names", check_kernel_names},
        {"B38", "pool export", check_export},
    };
    return rows;
}

Report check_system(const System& system) {
    Report report{system.subject, name_of(system.kind), {}};
    for (const auto& entry : catalogue()) entry.check(system, Row(entry.id, entry.title, report.findings));
    return report;
}

}  // namespace kld::check
