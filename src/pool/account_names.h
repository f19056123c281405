// SPDX-License-Identifier: BSD-3-Clause
// Users and groups of the tree itself, for ACLs in tar streams that name them without their numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kld::pool {

class AccountNames {
public:
    /// True for the files that tell: etc/passwd and etc/group.
    static bool tells(const std::string& path);
    /// @param text  the content of such a file
    void learn(const std::string& path, const std::string& text);
    std::optional<std::uint32_t> user(const std::string& name) const;
    std::optional<std::uint32_t> group(const std::string& name) const;

private:
    std::map<std::string, std::uint32_t> users_{}, groups_{};
};

}  // namespace kld::pool
