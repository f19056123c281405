// SPDX-License-Identifier: BSD-3-Clause
// Which packages are in an image, and where each came from.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kld::apt {

struct ManifestEntry {
    std::string name;
    std::string version;
    std::string architecture;
    std::string sha256{};  ///< of the .deb, as the signed index gives it
    std::string source{};  ///< the index: "<archive> <suite>/<component>" as apt names its list file; "kldload" for
                           ///< packages made here
    std::string path{};    ///< of the .deb below the archive, as the signed index gives it
    std::string maintainer{};
    std::string built_from{};   ///< the source package: "glibc 2.41-12"
    std::string built_using{};  ///< the field Built-Using, mostly empty
};

struct PackagesIndex {
    std::string name;
    std::string text;
};

/// @param dpkg_status  /var/lib/dpkg/status of the tree
/// @param indices      the Packages files that the tree was made from
/// An installed package that no index carries is an error that names it.
Result<std::vector<ManifestEntry>> make_manifest(const std::string& dpkg_status,
                                                 const std::vector<PackagesIndex>& indices);

/// {"version":1,"packages":[{name, version, architecture, sha256, source, path, maintainer, built_from, built_using}]};
/// built_using only where it says something.
std::string manifest_json(const std::vector<ManifestEntry>& entries);

/// The same, back. @param name  of the file, for the error
Result<std::vector<ManifestEntry>> parse_manifest(const std::string& json, const std::string& name);

}  // namespace kld::apt
