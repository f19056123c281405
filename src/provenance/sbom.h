// SPDX-License-Identifier: BSD-3-Clause
// A bill of materials as SPDX 2.3 JSON (https://spdx.github.io/spdx-spec/v2.3).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kld::provenance {

/// What SPDX calls a package: anything that can be named. An empty field is left out, or is NOASSERTION where the
/// specification wants one.
struct Component {
    std::string kind;  ///< "deb": part of its identifier
    std::string name;
    std::string version{};
    std::string architecture{};
    std::string file{};     ///< its file name
    std::string purpose{};  ///< of the specification's list: "FILE"
    std::string supplier{};
    std::string download{};
    std::string source{};   ///< what it was built from, in words
    std::string license{};  ///< declared by its authors, an SPDX expression
    std::string sha256{};
    std::string purl{};
    bool operator==(const Component&) const = default;
};

class Sbom {
public:
    /// @param time  of the document, seconds since the epoch
    /// @param tool  "kldload-0.1.0"
    Sbom(std::string name, long time, std::string tool);

    /// @returns the identifier; of a component that is there already, the one it has.
    std::string add(const Component& component);
    /// `id` is what the document is about.
    void describe(const std::string& id);
    /// Said twice, it is there once.
    /// @param kind  of the specification's list: "CONTAINS"
    void relate(const std::string& from, std::string_view kind, const std::string& to);

    /// The same calls give the same bytes: the namespace is a digest of all else.
    std::string json() const;

private:
    struct Entry {
        std::string id;
        Component component;
    };
    struct Relation {
        std::string from, kind, to;
        bool operator==(const Relation&) const = default;
    };
    std::string name_;
    long time_;
    std::string tool_;
    std::vector<Entry> entries_;
    std::set<std::string> ids_;
    std::vector<Relation> relations_;
};

}  // namespace kld::provenance
