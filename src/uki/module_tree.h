// SPDX-License-Identifier: BSD-3-Clause
// The kernel modules of one kernel in a root tree: where they are, what they depend on, what they hold.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld::uki {

/// "xhci-pci" for ".../xhci-pci.ko.xz"; dashes become underscores, as the kernel has it: "xhci_pci".
std::string module_name(std::string_view path);

class ModuleTree {
public:
    /// Reads modules.dep, modules.softdep and modules.builtin of <tree>/usr/lib/modules/<version>.
    static Result<ModuleTree> read(Files& files, const std::string& tree, const std::string& version);

    bool contains(const std::string& name) const { return dependencies_.contains(module_name(name)); }
    bool built_in(const std::string& name) const { return built_in_.contains(module_name(name)); }
    /// Path below the directory of the modules, e.g. "updates/dkms/zfs.ko.xz".
    const std::string& path(const std::string& name) const { return paths_.at(module_name(name)); }
    /// Names of modules whose path starts with `prefix`.
    std::vector<std::string> below(std::string_view prefix) const;
    /// The modules and all that they depend on, hard or soft, by name; unknown names are left out.
    std::set<std::string> closure(const std::vector<std::string>& names) const;
    const std::string& directory() const { return directory_; }

private:
    std::string directory_;
    std::map<std::string, std::string> paths_;
    std::map<std::string, std::vector<std::string>> dependencies_;
    std::set<std::string> built_in_;
};

/// The module as ELF, whatever it is packed with (plain, gzip, xz, zstd); the signature behind it is kept.
Result<std::string> read_module(Files& files, const std::string& path);

/// True when the bytes end with the kernel's trailer for an appended signature.
bool has_signature(std::string_view module);

/// The value of a name in .modinfo, e.g. "vermagic", or "" when there is none.
std::string modinfo(std::string_view module, std::string_view name);

}  // namespace kld::uki
