// SPDX-License-Identifier: BSD-3-Clause
#include "snap/policy.h"

#include <fmt/core.h>

#include <algorithm>

#include "snap/create.h"
#include "zfs/names.h"

namespace kld::snap {
namespace {

constexpr const char* kHead =
    "# sanoid.conf(5), written by `ksnap policy` for the datasets of this system. It is yours to change: nothing "
    "writes it\n"
    "# again. sanoid destroys snapshots that it has made itself (autosnap_…), and no others.\n";

constexpr const char* kTemplates =
    "\n"
    "[template_data]\n"
    "\tfrequently = 0\n"
    "\thourly = 36\n"
    "\tdaily = 30\n"
    "\tweekly = 8\n"
    "\tmonthly = 6\n"
    "\tyearly = 0\n"
    "\tautosnap = yes\n"
    "\tautoprune = yes\n"
    "\n"
    "[template_system]\n"
    "\tfrequently = 0\n"
    "\thourly = 0\n"
    "\tdaily = 14\n"
    "\tweekly = 8\n"
    "\tmonthly = 3\n"
    "\tyearly = 0\n"
    "\tautosnap = yes\n"
    "\tautoprune = yes\n";

bool is_left_out(const boot::Dataset& dataset) {
    return is_throwaway(dataset.value("mountpoint"));
}

bool holds_files(const boot::Dataset& dataset) {
    const auto& place = dataset.value("mountpoint");
    return dataset.value("canmount") != "off" && place != "none" && place != "-";
}

/// True when the dataset or one below it is left out.
bool has_left_out(const std::vector<boot::Dataset>& datasets, const std::string& dataset) {
    return std::any_of(datasets.begin(), datasets.end(), [&](const boot::Dataset& other) {
        return zfs::lies_in(other.name, dataset) && is_left_out(other);
    });
}

}  // namespace

std::string sanoid_policy(const std::vector<boot::Dataset>& datasets, const std::string& container) {
    std::string text = kHead;
    const bool has_environments = boot::find_dataset(datasets, container) != nullptr;
    if (has_environments)
        text += fmt::format("\n[{}]\n\tuse_template = system\n\trecursive = yes\n\tprocess_children_only = yes\n",
                            container);
    std::vector<std::string> covered{container};
    for (const auto& dataset : datasets) {
        const auto covers = [&](const std::string& other) { return zfs::lies_in(dataset.name, other); };
        if (std::any_of(covered.begin(), covered.end(), covers) || !holds_files(dataset) || is_left_out(dataset))
            continue;
        if (dataset.name.find_first_of(" \t[]") != std::string::npos) {
            text += fmt::format("\n# Without snapshots, since no section can be called so: {}\n", dataset.name);
            continue;
        }
        // The pool's own dataset holds the boot environments.
        const bool whole =
            !has_left_out(datasets, dataset.name) && !(has_environments && zfs::lies_in(container, dataset.name));
        text += fmt::format("\n[{}]\n\tuse_template = data\n", dataset.name);
        if (!whole) continue;
        text += "\trecursive = yes\n";
        covered.push_back(dataset.name);
    }
    return text + kTemplates;
}

}  // namespace kld::snap
