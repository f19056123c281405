// SPDX-License-Identifier: BSD-3-Clause
// The command line that the chosen kernel gets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "boot/dataset.h"

namespace kld::boot {

/// For boot environments without org.zfsbootmenu:commandline. `rw` because mkinitcpio's hook imports the pool read-only
/// without it; the other initramfs generators agree or do not care.
inline constexpr const char* kDefaultArguments = "rw quiet loglevel=4";

/// Arguments of a kernel command line; double quotes hold blanks together and stay where they are.
std::vector<std::string> split_arguments(std::string_view line);

/// The line without the arguments of these names ("root" removes "root=x" and "root"). Dashes and underscores are equal
/// in names, as for the kernel. What follows "--" belongs to init and stays.
std::string without_arguments(std::string_view line, const std::vector<std::string>& names);

/// org.zfsbootmenu:commandline of the dataset, or kDefaultArguments. %{parent} stands for the value of the parent of
/// the dataset where the property is set, again expanded; at the top it is empty.
std::string dataset_arguments(const std::vector<Dataset>& datasets, const std::string& name);

struct CommandLineParts {
    std::string root_prefix;  ///< "root=zfs:"
    std::string root;         ///< "rpool/ROOT/default" or "1234567890/ROOT/default"
    std::string arguments;    ///< what the person or the property wants
    std::uint32_t hostid = 0;
};

/// `<prefix><root> <arguments> <hostid>`; root= and hostid arguments of `arguments` are dropped.
std::string command_line(const CommandLineParts& parts);

}  // namespace kld::boot
