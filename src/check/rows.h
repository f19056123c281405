// SPDX-License-Identifier: BSD-3-Clause
// The rows of the catalogue: each looks at one way in which a boot fails, and at nothing else.
#pragma once

#include <string>
#include <vector>

#include "check/report.h"
#include "check/system.h"

namespace kld::check {

/// Collects what one row finds.
class Row {
public:
    Row(const char* id, const char* title, std::vector<Finding>& findings)
        : id_(id), title_(title), findings_(&findings) {}

    /// What is added next is about this environment, or this kernel of it.
    Row in(const Environment& environment) const { return with(environment.dataset, {}); }
    Row in(const Environment& environment, const Kernel& kernel) const {
        return with(environment.dataset, kernel.version);
    }

    void pass(std::string evidence) const { add(Status::pass, std::move(evidence), {}, {}); }
    void not_applicable(std::string why) const { add(Status::not_applicable, std::move(why), {}, {}); }
    void unknown(std::string why, std::string fix = {}) const {
        add(Status::unknown, std::move(why), std::move(fix), {});
    }
    using Commands = std::vector<std::vector<std::string>>;
    void warn(std::string evidence, std::string fix, Commands commands = {}) const {
        add(Status::warn, std::move(evidence), std::move(fix), std::move(commands));
    }
    void fail(std::string evidence, std::string fix, Commands commands = {}) const {
        add(Status::fail, std::move(evidence), std::move(fix), std::move(commands));
    }
    /// fail() when `fatal`, else warn().
    void fire(bool fatal, std::string evidence, std::string fix, Commands commands = {}) const {
        add(fatal ? Status::fail : Status::warn, std::move(evidence), std::move(fix), std::move(commands));
    }

private:
    Row with(std::string environment, std::string kernel) const {
        Row copy = *this;
        copy.environment_ = std::move(environment);
        copy.kernel_ = std::move(kernel);
        return copy;
    }
    void add(Status status, std::string evidence, std::string fix, Commands commands) const {
        findings_->push_back(
            {id_, title_, status, environment_, kernel_, std::move(evidence), std::move(fix), std::move(commands)});
    }

    const char* id_;
    const char* title_;
    std::vector<Finding>* findings_;
    std::string environment_{}, kernel_{};
};

struct RowEntry {
    const char* id;     ///< stable: "B02"
    const char* title;  ///< what is looked at
    void (*check)(const System& system, const Row& row);
};

/// All rows, by id. docs/check.md says what each looks at.
const std::vector<RowEntry>& catalogue();

/// Runs every row. Each row adds at least one finding.
Report check_system(const System& system);

/// For rows about a pool or an EFI system partition: says why they cannot be judged when the system has none.
bool needs_a_pool(const System& system, const Row& row);
bool needs_an_esp(const System& system, const Row& row);

// rows_kernel.cc
void check_glue(const System&, const Row&);              // B01
void check_packed_module(const System&, const Row&);     // B02
void check_built_module(const System&, const Row&);      // B03
void check_same_zfs(const System&, const Row&);          // B04
void check_supported_kernel(const System&, const Row&);  // B05
void check_kernel_version(const System&, const Row&);    // B06
void check_userland_version(const System&, const Row&);  // B07
void check_drivers(const System&, const Row&);           // B34
// rows_pool.cc
void check_hostid(const System&, const Row&);         // B08
void check_cache_file(const System&, const Row&);     // B09
void check_import_units(const System&, const Row&);   // B10
void check_bootfs(const System&, const Row&);         // B19
void check_menu_features(const System&, const Row&);  // B25
void check_grub(const System&, const Row&);           // B26
void check_space(const System&, const Row&);          // B33
void check_export(const System&, const Row&);         // B38
// rows_datasets.cc
void check_canmount(const System&, const Row&);                // B11
void check_mounted_twice(const System&, const Row&);           // B12
void check_early_datasets(const System&, const Row&);          // B13
void check_coupled_state(const System&, const Row&);           // B14
void check_environment_properties(const System&, const Row&);  // B21
void check_clones(const System&, const Row&);                  // B31
void check_encryption(const System&, const Row&);              // B32
// rows_boot.cc
void check_boot_elsewhere(const System&, const Row&);    // B15
void check_pairs(const System&, const Row&);             // B16
void check_pin(const System&, const Row&);               // B17
void check_command_line(const System&, const Row&);      // B18
void check_mkinitcpio_hooks(const System&, const Row&);  // B20
void check_kernel_names(const System&, const Row&);      // B37
// rows_system.cc
void check_fstab(const System&, const Row&);               // B24
void check_selinux(const System&, const Row&);             // B28
void check_services(const System&, const Row&);            // B29
void check_identity(const System&, const Row&);            // B35
void check_dkms_configuration(const System&, const Row&);  // B36
// rows_esp.cc
void check_esp(const System&, const Row&);              // B22
void check_fallback_loader(const System&, const Row&);  // B23
void check_signatures(const System&, const Row&);       // B27

}  // namespace kld::check
