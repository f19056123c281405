// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/manifest.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "family/apt/index.h"

namespace kld::apt {
namespace {

std::string key_of(const Stanza& stanza) {
    return fmt::format("{} {} {}", stanza.field("Package"), stanza.field("Version"), stanza.field("Architecture"));
}

}  // namespace

Result<std::vector<ManifestEntry>> make_manifest(const std::string& dpkg_status,
                                                 const std::vector<PackagesIndex>& indices) {
    std::vector<ManifestEntry> entries;
    std::unordered_map<std::string, std::size_t> wanted;
    each_stanza(dpkg_status, [&](const Stanza& stanza) {
        if (!stanza.field("Status").ends_with(" installed")) return;
        wanted[key_of(stanza)] = entries.size();
        entries.push_back({std::string(stanza.field("Package")),
                           std::string(stanza.field("Version")),
                           std::string(stanza.field("Architecture")),
                           {},
                           {}});
    });
    for (const auto& index : indices) {
        each_stanza(index.text, [&](const Stanza& stanza) {
            const auto at = wanted.find(key_of(stanza));
            if (at == wanted.end() || !entries[at->second].sha256.empty()) return;
            entries[at->second].sha256 = stanza.field("SHA256");
            entries[at->second].source = index.name;
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
    for (const auto& entry : entries)
        packages.push_back({{"name", entry.name},
                            {"version", entry.version},
                            {"architecture", entry.architecture},
                            {"sha256", entry.sha256},
                            {"source", entry.source}});
    return nlohmann::ordered_json{{"version", 1}, {"packages", packages}}.dump(1) + "\n";
}

}  // namespace kld::apt
