// SPDX-License-Identifier: BSD-3-Clause
#include "pool/account_names.h"

#include "base/text.h"

namespace kld::pool {

namespace {

std::optional<std::uint32_t> find(const std::map<std::string, std::uint32_t>& names, const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

bool AccountNames::tells(const std::string& path) {
    return path == "etc/passwd" || path == "etc/group";
}

void AccountNames::learn(const std::string& path, const std::string& text) {
    auto& names = path == "etc/passwd" ? users_ : groups_;
    for (const auto& line : lines(text)) {
        const auto fields = split(line, ':');
        if (fields.size() < 3) continue;
        const auto number = parse_number(fields[2]);
        if (number && *number <= 0xffffffffU) names[fields[0]] = static_cast<std::uint32_t>(*number);
    }
}

std::optional<std::uint32_t> AccountNames::user(const std::string& name) const {
    return find(users_, name);
}

std::optional<std::uint32_t> AccountNames::group(const std::string& name) const {
    return find(groups_, name);
}

}  // namespace kld::pool
