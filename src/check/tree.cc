// SPDX-License-Identifier: BSD-3-Clause
#include "check/tree.h"

namespace kld::check {

std::optional<std::string> Tree::read(const std::string& path) const {
    auto bytes = files_->read(root_ + "/" + path);
    if (!bytes) return std::nullopt;
    return std::move(*bytes);
}

std::vector<std::string> Tree::names(const std::string& directory) const {
    auto names = files_->list(root_ + "/" + directory);
    return names ? std::move(*names) : std::vector<std::string>{};
}

std::vector<std::string> Tree::matching(const std::string& directory, const std::string& prefix) const {
    std::vector<std::string> found;
    for (const auto& name : names(directory))
        if (name.starts_with(prefix)) found.push_back(directory + "/" + name);
    return found;
}

}  // namespace kld::check
