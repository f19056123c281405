// SPDX-License-Identifier: BSD-3-Clause
// Which dataset a path of the tree goes to: the longest mountpoint that is a prefix of it.
#pragma once

#include <string>
#include <vector>

#include "pool/layout.h"

namespace kld::pool {

class Routes {
public:
    explicit Routes(const Layout& layout);
    /// Index in the layout of the dataset that holds `path` (no slash at either end). A mountpoint belongs to the
    /// dataset that is mounted there.
    std::size_t dataset_of(const std::string& path) const;
    /// Mountpoints in the form of entry paths, parents first; "" is /.
    const std::vector<std::string>& mountpoints() const { return mountpoints_; }
    bool is_mountpoint(const std::string& path) const;

private:
    std::vector<std::string> mountpoints_{};
    std::vector<std::size_t> datasets_{};  ///< of the mountpoint at the same place
};

}  // namespace kld::pool
