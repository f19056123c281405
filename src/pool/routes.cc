// SPDX-License-Identifier: BSD-3-Clause
#include "pool/routes.h"

#include <algorithm>
#include <map>

namespace kld::pool {

namespace {
bool holds(const std::string& mountpoint, const std::string& path) {
    return mountpoint.empty() ||
           (path.starts_with(mountpoint) && (path.size() == mountpoint.size() || path[mountpoint.size()] == '/'));
}
}  // namespace

Routes::Routes(const Layout& layout) {
    std::map<std::string, std::size_t> sorted;
    for (std::size_t i = 0; i < layout.datasets.size(); ++i)
        if (layout.datasets[i].takes_files()) sorted[layout.datasets[i].mountpoint.substr(1)] = i;
    for (const auto& [mountpoint, dataset] : sorted) {
        mountpoints_.push_back(mountpoint);
        datasets_.push_back(dataset);
    }
}

std::size_t Routes::dataset_of(const std::string& path) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < mountpoints_.size(); ++i)
        if (holds(mountpoints_[i], path) && mountpoints_[i].size() > mountpoints_[best].size()) best = i;
    return datasets_[best];
}

bool Routes::is_mountpoint(const std::string& path) const {
    return std::binary_search(mountpoints_.begin(), mountpoints_.end(), path);
}

}  // namespace kld::pool
