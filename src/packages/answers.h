// SPDX-License-Identifier: BSD-3-Clause
// What package managers print for people, for programs: the packages they found, and what they say of each.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kld::packages {

/// A package that was looked for; no version where the manager names none.
struct Found {
    std::string package, version{}, summary{};
    bool operator==(const Found&) const = default;
};

/// apt-cache search: "nginx - small web server".
std::vector<Found> found_by_apt(std::string_view output);

/// dnf search, of dnf 4 and 5: names with their architecture below headings, which are left out.
std::vector<Found> found_by_dnf(std::string_view output);

/// pacman -Ss: "extra/nginx 1.26.2-1 [installed]", and a line with the summary.
std::vector<Found> found_by_pacman(std::string_view output);

/// FreeBSD's pkg search: "nginx-1.26.2_4,3   small web server".
std::vector<Found> found_by_pkg(std::string_view output);

/// "Field: value" in the order of the output; lines of one value have a newline between them.
using Stanza = std::vector<std::pair<std::string, std::string>>;

/// deb822, as apt-cache show prints it: lines that go on are indented, and a point alone is an empty one.
std::vector<Stanza> stanzas_of_deb(std::string_view output);

/// dnf info and pacman -Si: a blank before the colon; lines that go on are indented, with a colon again or without.
/// Lines of another form, which are headings, are left out.
std::vector<Stanza> stanzas_in_columns(std::string_view output);

}  // namespace kld::packages
