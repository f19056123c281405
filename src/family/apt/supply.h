// SPDX-License-Identifier: BSD-3-Clause
// What a bill of materials says of a Debian package, in the words of its formats.
#pragma once

#include <string>
#include <vector>

#include "family/apt/manifest.h"

namespace kld::apt {

/// "pkg:deb/debian/NAME@VERSION?arch=ARCH&distro=DISTRO", by the package-url specification. Packages made here have the
/// vendor kldload: what Debian's advisories say of a package of that name is not about them.
/// @param distro  "debian-13"
std::string package_url(const ManifestEntry& entry, const std::string& distro);

/// The same for a source package. @param source  "glibc 2.41-12"
std::string source_url(const std::string& source, const std::string& distro);

/// Where the .deb was fetched from, without a password that the host's sources may hold; empty when none of `lines` is
/// the archive that the entry came from.
/// @param lines  sources.list(5) lines
std::string download_location(const ManifestEntry& entry, const std::vector<std::string>& lines);

/// "Person: NAME (ADDRESS)" or "Organization: NAME (ADDRESS)", as SPDX 2.3 wants a supplier; "NOASSERTION" without a
/// name. Debian does not say which it is: whoever is reached through a mailing list or a team's address is no person.
std::string supplier(const std::string& maintainer);

/// "zfs-linux (= 2.3.9-0+deb13u1), b (= 1)" → "zfs-linux 2.3.9-0+deb13u1", "b 1".
std::vector<std::string> built_using_sources(const std::string& field);

}  // namespace kld::apt
