// SPDX-License-Identifier: BSD-3-Clause
#include "boot/os_release.h"

#include <map>

#include "base/text.h"

namespace kld::boot {
namespace {

/// The value as a shell would read it: quotes removed, backslash escapes resolved.
std::string unquoted(std::string_view raw) {
    std::string value;
    char quote = 0;
    for (std::size_t at = 0; at < raw.size(); ++at) {
        const char c = raw[at];
        if (quote == 0 && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = 0;
        else if (c == '\\' && quote != '\'' && at + 1 < raw.size())
            value += raw[++at];
        else
            value += c;
    }
    return value;
}

}  // namespace

OsRelease parse_os_release(std::string_view text) {
    OsRelease system;
    for (const auto& line : lines(text)) {
        const auto assignment = trim(line);
        const auto equals = assignment.find('=');
        if (assignment.starts_with('#') || equals == std::string_view::npos) continue;
        const auto name = assignment.substr(0, equals);
        const auto value = unquoted(assignment.substr(equals + 1));
        if (name == "ID") system.id = value;
        if (name == "ID_LIKE") system.like = words(value);
        if (name == "PRETTY_NAME") system.pretty_name = value;
    }
    return system;
}

std::string root_prefix_for(const OsRelease& system) {
    static const std::map<std::string, std::string> kPrefixes{
        {"void", "root=zfs:"},    {"ubuntu", "root=zfs:"}, {"debian", "root=zfs:"}, {"devuan", "root=zfs:"},
        {"chimera", "root=zfs:"}, {"arch", "zfs="},        {"artix", "zfs="},       {"cachyos", "zfs="},
        {"gentoo", "root=ZFS="},  {"alpine", "root=ZFS="}};
    auto names = system.like;
    names.insert(names.begin(), system.id);
    for (const auto& name : names)
        if (const auto known = kPrefixes.find(name); known != kPrefixes.end()) return known->second;
    return "root=zfs:";
}

}  // namespace kld::boot
