// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/manifest.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/text.h"
#include "family/apt/index.h"

namespace kld::apt {
namespace {

std::string key_of(const Stanza& stanza) {
    return fmt::format("{} {} {}", stanza.field("Package"), stanza.field("Version"), stanza.field("Architecture"));
}

/// "Source: glibc (2.41-12)"; the field is left out when the source has the package's own name, and the version when it
/// is the package's own.
std::string source_of(const Stanza& stanza) {
    const auto field = stanza.field("Source");
    const auto bracket = field.find('(');
    const auto name = trim(field.substr(0, bracket));
    const auto version = bracket == std::string_view::npos
                             ? std::string_view()
                             : field.substr(bracket + 1, field.find(')', bracket) - bracket - 1);
    return fmt::format("{} {}", name.empty() ? stanza.field("Package") : name,
                       version.empty() ? stanza.field("Version") : version);
}

}  // namespace

Result<std::vector<ManifestEntry>> make_manifest(const std::string& dpkg_status,
                                                 const std::vector<PackagesIndex>& indices) {
    std::vector<ManifestEntry> entries;
    std::unordered_map<std::string, std::size_t> wanted;
    each_stanza(dpkg_status, [&](const Stanza& stanza) {
        if (!stanza.field("Status").ends_with(" installed")) return;
        wanted[key_of(stanza)] = entries.size();
        entries.push_back({.name = std::string(stanza.field("Package")),
                           .version = std::string(stanza.field("Version")),
                           .architecture = std::string(stanza.field("Architecture")),
                           .maintainer = std::string(stanza.field("Maintainer")),
                           .built_from = source_of(stanza),
                           .built_using = std::string(stanza.field("Built-Using"))});
    });
    for (const auto& index : indices) {
        each_stanza(index.text, [&](const Stanza& stanza) {
            const auto at = wanted.find(key_of(stanza));
            if (at == wanted.end() || !entries[at->second].sha256.empty()) return;
            entries[at->second].sha256 = stanza.field("SHA256");
            entries[at->second].source = index.name;
            entries[at->second].path = stanza.field("Filename");
        });
    }
    for (const auto& entry : entries)
        if (entry.sha256.empty())
            return fail(fmt::format("{} {} is installed but no signed index carries it", entry.name, entry.version),
                        "the archive changed during the build: build again");
    return entries;
}

std::string manifest_json(const std::vector<ManifestEntry>& entries) {
    nlohmann::ordered_json packages = nlohmann::ordered_json::array();
    for (const auto& entry : entries) {
        packages.push_back({{"name", entry.name},
                            {"version", entry.version},
                            {"architecture", entry.architecture},
                            {"sha256", entry.sha256},
                            {"source", entry.source},
                            {"path", entry.path},
                            {"maintainer", entry.maintainer},
                            {"built_from", entry.built_from}});
        if (!entry.built_using.empty()) packages.back()["built_using"] = entry.built_using;
    }
    // Names of maintainers were not always written in UTF-8.
    return nlohmann::ordered_json{{"version", 1}, {"packages", packages}}.dump(
               1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
}

Result<std::vector<ManifestEntry>> parse_manifest(const std::string& json, const std::string& name) {
    const auto bad = [&name] { return fail(name + " is no manifest of packages", "remove it, and it is made again"); };
    const auto root = nlohmann::json::parse(json, nullptr, false);
    if (!root.is_object() || !root.contains("version") || root["version"] != 1 || !root.contains("packages"))
        return bad();
    std::vector<ManifestEntry> entries;
    for (const auto& package : root["packages"]) {
        if (!package.is_object()) return bad();
        const auto text = [&package](const char* key) {
            const auto found = package.find(key);
            return found != package.end() && found->is_string() ? found->get<std::string>() : std::string();
        };
        entries.push_back({text("name"), text("version"), text("architecture"), text("sha256"), text("source"),
                           text("path"), text("maintainer"), text("built_from"), text("built_using")});
        if (entries.back().name.empty() || entries.back().version.empty()) return bad();
    }
    return entries;
}

}  // namespace kld::apt
