// SPDX-License-Identifier: BSD-3-Clause
#include "support/spdx_rules.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace kld::test {
namespace {

using Json = nlohmann::json;

/// A field of text: whether it must be there, and the form it has then.
struct Rule {
    const char* key;
    bool required;
    const char* form;
};

// Where the text of the specification and its JSON schema disagree, only what both take is right.
// Clauses 6 (document), 7 (package) and 11 (relationship) of the specification.
const std::vector<Rule> kDocument{{"spdxVersion", true, "SPDX-2\\.3"},
                                  {"dataLicense", true, "CC0-1\\.0"},
                                  {"SPDXID", true, "SPDXRef-DOCUMENT"},
                                  {"name", true, ".+"},
                                  {"documentNamespace", true, "[a-z][a-z0-9+.-]*:[^#\\s]+"}};
const std::vector<Rule> kPackage{
    {"SPDXID", true, "SPDXRef-[A-Za-z0-9.-]+"},
    {"name", true, ".+"},
    {"versionInfo", false, ".+"},
    {"packageFileName", false, ".+"},
    {"primaryPackagePurpose", false,
     "APPLICATION|FRAMEWORK|LIBRARY|CONTAINER|DEVICE|FIRMWARE|SOURCE|ARCHIVE|FILE|INSTALL|OTHER"},
    {"supplier", false, "NOASSERTION|(Person|Organization): [^()]+( \\([^()]*\\))?"},
    {"downloadLocation", true, "NOASSERTION|NONE|[a-z][a-z0-9+.-]*:[^\\s]+"},
    {"sourceInfo", false, ".+"},
    {"licenseConcluded", false, "NOASSERTION|NONE|[A-Za-z0-9.+() -]+"},
    {"licenseDeclared", false, "NOASSERTION|NONE|[A-Za-z0-9.+() -]+"},
    {"copyrightText", false, ".+"}};
const std::vector<Rule> kRelationship{
    {"spdxElementId", true, ".+"},
    {"relationshipType", true, "DESCRIBES|CONTAINS|GENERATED_FROM|EXPANDED_FROM_ARCHIVE"},
    {"relatedSpdxElement", true, ".+"}};
const std::vector<Rule> kChecksum{{"algorithm", true, "SHA256"}, {"checksumValue", true, "[0-9a-f]{64}"}};
const std::vector<Rule> kReference{{"referenceCategory", true, "PACKAGE-MANAGER"},
                                   {"referenceType", true, "purl"},
                                   {"referenceLocator", true, "pkg:[a-z]+/[^\\s]+@[^\\s]+"}};

class Checker {
public:
    std::vector<std::string> faults;

    /// Checks the fields of text, and that there is none that the specification does not know.
    void object(const Json& json, const std::string& place, const std::vector<Rule>& rules,
                const std::set<std::string>& others = {}) {
        if (!json.is_object()) return tell(place, "is no object");
        for (const auto& rule : rules) {
            const auto found = json.find(rule.key);
            if (found == json.end()) {
                if (rule.required) tell(place, std::string("has no ") + rule.key);
            } else if (!found->is_string() || !std::regex_match(found->get<std::string>(), std::regex(rule.form))) {
                tell(place, std::string("has the ") + rule.key + " " + found->dump());
            }
        }
        for (const auto& [key, value] : json.items()) {
            const auto is_it = [&key = key](const Rule& rule) { return key == rule.key; };
            if (!others.contains(key) && std::none_of(rules.begin(), rules.end(), is_it)) tell(place, "has a " + key);
        }
    }

    void package(const Json& json) {
        const auto id = json.value("SPDXID", "a package");
        object(json, id, kPackage, {"filesAnalyzed", "checksums", "externalRefs"});
        if (!ids_.insert(id).second) tell(id, "is there twice");
        if (json.value("filesAnalyzed", true)) tell(id, "has no packageVerificationCode");
        for (const auto& checksum : json.value("checksums", Json::array())) object(checksum, id, kChecksum);
        for (const auto& reference : json.value("externalRefs", Json::array())) object(reference, id, kReference);
    }

    void relationship(const Json& json) {
        object(json, "a relationship", kRelationship);
        for (const auto* end : {"spdxElementId", "relatedSpdxElement"})
            if (const auto id = json.value(end, ""); !ids_.contains(id))
                tell(id, "is in a relationship, and not there");
        if (json.value("relationshipType", "") == "DESCRIBES") described_ = true;
    }

    void document(const Json& json) {
        object(json, "the document", kDocument, {"creationInfo", "packages", "relationships"});
        const auto creation = json.value("creationInfo", Json::object());
        object(creation, "creationInfo", {{"created", true, "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"}},
               {"creators"});
        const auto creators = creation.value("creators", Json::array());
        if (creators.empty()) tell("creationInfo", "has no creators");
        for (const auto& creator : creators)
            if (!std::regex_match(creator.get<std::string>(), std::regex("(Tool|Person|Organization): .+")))
                tell("creationInfo", "has the creator " + creator.dump());
        for (const auto& entry : json.value("packages", Json::array())) package(entry);
        for (const auto& entry : json.value("relationships", Json::array())) relationship(entry);
        if (!described_) tell("the document", "describes nothing");
    }

private:
    void tell(const std::string& place, const std::string& what) { faults.push_back(place + " " + what); }
    std::set<std::string> ids_{"SPDXRef-DOCUMENT"};
    bool described_ = false;
};

}  // namespace

std::vector<std::string> spdx_faults(const std::string& text) {
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return {"it is no JSON"};
    Checker checker;
    checker.document(json);
    return checker.faults;
}

}  // namespace kld::test
