// SPDX-License-Identifier: BSD-3-Clause
// Where the builder fetches packages: read from the host's own apt sources, never written in the project.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "catalog/catalog.h"

namespace kld::apt {

/// One archive as apt's sources name it.
struct Source {
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components;
};

/// sources.list(5), one-line form; lines of other types and disabled ones are left out.
std::vector<Source> parse_list(const std::string& text);
/// sources.list(5), deb822 form; stanzas of other types and "Enabled: no" are left out.
std::vector<Source> parse_deb822(const std::string& text);

/// /etc/apt/sources.list and sources.list.d below `root` ("" for this host).
std::vector<Source> host_sources(Files& files, const std::string& root);

/// URIs of the Debian archive and of its security archive.
struct Mirrors {
    std::string archive;
    std::string security;  ///< empty when the host has none
};

/// Picks them by their suites: a Debian release name or alias, with the component main; "<suite>-security" for
/// security.
Result<Mirrors> find_mirrors(const std::vector<Source>& sources);

/// "deb [signed-by=…] URI SUITE COMPONENTS" for all suites of the distribution.
std::vector<std::string> builder_lines(const catalog::Distro& distro, const Mirrors& mirrors);

/// The example file of the distribution's own apt, with only the components of the catalogue left in.
std::string target_sources(const std::string& example, const catalog::Distro& distro);

/// A deb822 source for a repository that publish() made, with its key inside: one file, nothing beside it to lose.
/// @param key  ASCII armour
std::string own_source(const std::string& uri, const std::string& key);

}  // namespace kld::apt
