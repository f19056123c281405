// SPDX-License-Identifier: BSD-3-Clause
#include "snap/policy.h"

#include <fmt/core.h>

#include <algorithm>

#include "snap/create.h"
#include "snap/schedule.h"
#include "zfs/names.h"

namespace kld::snap {
namespace {

constexpr const char* kHead =
    "# sanoid.conf(5), written by `ksnap policy` for the datasets of this system. It is yours to change: nothing "
    "writes it\n"
    "# again. sanoid destroys snapshots that it has made itself (autosnap_…), and no others.\n";

/// Of periods that sanoid has and we do not, none is made.
std::string template_text(const char* name, unsigned Period::*kept) {
    auto text = fmt::format("\n[template_{}]\n\tfrequently = 0\n", name);
    for (const auto& period : periods()) text += fmt::format("\t{} = {}\n", period.name, period.*kept);
    return text + "\tyearly = 0\n\tautosnap = yes\n\tautoprune = yes\n";
}

bool is_left_out(const boot::Dataset& dataset) {
    return is_throwaway(dataset.value("mountpoint"));
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
        if (std::any_of(covered.begin(), covered.end(), covers) || !is_scheduled(dataset)) continue;
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
    return text + template_text("data", &Period::of_data) + template_text("system", &Period::of_system);
}

}  // namespace kld::snap
