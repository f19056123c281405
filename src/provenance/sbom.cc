// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/sbom.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "digest/sha256.h"

namespace kld::provenance {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDocument = "SPDXRef-DOCUMENT";
constexpr const char* kUnknown = "NOASSERTION";

std::string or_unknown(const std::string& text) {
    return text.empty() ? kUnknown : text;
}

/// Identifiers are made of letters, digits, dots and hyphens.
std::string id_text(const std::string& text) {
    std::string id;
    for (const char c : text) {
        const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
        id += allowed ? c : '-';
    }
    return id;
}

std::string utc(long time) {
    const auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Json package_json(const std::string& id, const Component& component) {
    Json package{{"SPDXID", id}, {"name", component.name}};
    const auto put = [&package](const char* key, const std::string& value) {
        if (!value.empty()) package[key] = value;
    };
    put("versionInfo", component.version);
    put("packageFileName", component.file);
    put("primaryPackagePurpose", component.purpose);
    package["supplier"] = or_unknown(component.supplier);
    package["downloadLocation"] = or_unknown(component.download);
    // Nobody opened the package to list what is in it; without this word the specification asks for a digest of all.
    package["filesAnalyzed"] = false;
    put("sourceInfo", component.source);
    package["licenseConcluded"] = kUnknown;
    package["licenseDeclared"] = or_unknown(component.license);
    package["copyrightText"] = kUnknown;
    if (!component.sha256.empty())
        package["checksums"] = Json::array({{{"algorithm", "SHA256"}, {"checksumValue", component.sha256}}});
    if (!component.purl.empty())
        package["externalRefs"] = Json::array({{{"referenceCategory", "PACKAGE-MANAGER"},
                                                {"referenceType", "purl"},
                                                {"referenceLocator", component.purl}}});
    return package;
}

std::string text_of(const Json& json) {
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Sbom::Sbom(std::string name, long time, std::string tool)
    : name_(std::move(name)), time_(time), tool_(std::move(tool)) {
    ids_.insert(kDocument);
}

std::string Sbom::add(const Component& component) {
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.component == component; });
    if (known != entries_.end()) return known->id;
    auto wanted = "SPDXRef-" + id_text(component.kind);
    for (const auto* part : {&component.name, &component.version, &component.architecture})
        if (!part->empty()) wanted += "-" + id_text(*part);
    auto id = wanted;
    for (int number = 2; !ids_.insert(id).second; ++number) id = fmt::format("{}-{}", wanted, number);
    entries_.push_back({id, component});
    return id;
}

void Sbom::describe(const std::string& id) {
    relate(kDocument, "DESCRIBES", id);
}

void Sbom::relate(const std::string& from, std::string_view kind, const std::string& to) {
    Relation relation{from, std::string(kind), to};
    if (std::find(relations_.begin(), relations_.end(), relation) == relations_.end())
        relations_.push_back(std::move(relation));
}

std::string Sbom::json() const {
    Json root{{"spdxVersion", "SPDX-2.3"},
              {"dataLicense", "CC0-1.0"},
              {"SPDXID", kDocument},
              {"name", name_},
              {"documentNamespace", ""},
              {"creationInfo", {{"created", utc(time_)}, {"creators", Json::array({"Tool: " + tool_})}}},
              {"packages", Json::array()},
              {"relationships", Json::array()}};
    for (const auto& entry : entries_) root["packages"].push_back(package_json(entry.id, entry.component));
    for (const auto& relation : relations_)
        root["relationships"].push_back({{"spdxElementId", relation.from},
                                         {"relationshipType", relation.kind},
                                         {"relatedSpdxElement", relation.to}});
    // The host that the specification names for documents whose maker has none. Nothing has to lie there.
    root["documentNamespace"] = "https://spdx.org/spdxdocs/kldload-" + sha256_hex(text_of(root));
    return text_of(root);
}

}  // namespace kld::provenance
