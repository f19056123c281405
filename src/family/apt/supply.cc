// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/supply.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "family/apt/deb.h"
#include "family/apt/sources.h"

namespace kld::apt {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The specification leaves the colon as it is, also in an epoch.
std::string encoded(std::string_view text) {
    std::string result;
    for (const char c : text)
        result += is_letter_or_digit(c) || std::string_view(".-_~:").find(c) != std::string_view::npos
                      ? std::string(1, c)
                      : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return result;
}

std::string url(const char* vendor, std::string_view name, std::string_view version, std::string_view architecture,
                const std::string& distro) {
    return fmt::format("pkg:deb/{}/{}@{}?arch={}&distro={}", vendor, encoded(name), encoded(version),
                       encoded(architecture), encoded(distro));
}

/// "http://user:secret@host/debian" → "http://host/debian".
std::string without_credentials(const std::string& uri) {
    const auto scheme = uri.find("://");
    if (scheme == std::string::npos) return uri;
    const auto begin = scheme + 3, end = std::min(uri.find('/', begin), uri.size());
    const auto at = uri.rfind('@', end);
    if (at == std::string::npos || at < begin) return uri;
    return uri.substr(0, begin) + uri.substr(at + 1);
}

/// How apt names the list files of an archive: without the scheme, slashes as underscores, and what would be mistaken
/// for one in hex.
std::string list_name(const std::string& uri) {
    const auto scheme = uri.find("://");
    std::string name;
    for (const char c : scheme == std::string::npos ? uri : uri.substr(scheme + 3)) {
        if (c == '/')
            name += '_';
        else if (std::string_view("\\|{}[]<>\"^~_=!@#$%&*").find(c) != std::string_view::npos)
            name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        else
            name += c;
    }
    return name;
}

bool is_shared(std::string_view address) {
    constexpr std::array kMarks{"@lists.", "@alioth-lists.", "@packages.", "@tracker.", "team+", "@bugs."};
    return std::any_of(kMarks.begin(), kMarks.end(),
                       [&](const char* mark) { return address.find(mark) != std::string_view::npos; });
}

}  // namespace

std::string package_url(const ManifestEntry& entry, const std::string& distro) {
    const auto* vendor = entry.maintainer == packing::kMaintainer ? "kldload" : "debian";
    return url(vendor, entry.name, entry.version, entry.architecture, distro);
}

std::string source_url(const std::string& source, const std::string& distro) {
    const auto space = source.find(' ');
    return url("debian", source.substr(0, space), space == std::string::npos ? "" : source.substr(space + 1), "source",
               distro);
}

std::string download_location(const ManifestEntry& entry, const std::vector<std::string>& lines) {
    if (entry.path.empty()) return {};
    for (const auto& source : parse_list(join(lines, "\n")))
        for (const auto& uri : source.uris) {
            const auto plain = without_credentials(uri);
            for (const auto& suite : source.suites)
                if (entry.source.starts_with(list_name(plain + "/dists/" + suite + "/")))
                    return plain + "/" + entry.path;
        }
    return {};
}

std::string supplier(const std::string& maintainer) {
    if (maintainer == packing::kMaintainer) return "Organization: the kldload authors";
    const auto bracket = maintainer.find('<');
    std::string name(trim(std::string_view(maintainer).substr(0, bracket)));
    // Round brackets are for the address alone.
    std::replace(name.begin(), name.end(), '(', '[');
    std::replace(name.begin(), name.end(), ')', ']');
    if (name.empty()) return "NOASSERTION";
    if (bracket == std::string::npos) return fmt::format("Person: {}", name);
    const auto address = maintainer.substr(bracket + 1, maintainer.find('>', bracket) - bracket - 1);
    return fmt::format("{}: {} ({})", is_shared(address) ? "Organization" : "Person", name, address);
}

std::vector<std::string> built_using_sources(const std::string& field) {
    std::vector<std::string> sources;
    for (const auto& part : split(field, ',')) {
        const auto equals = part.find("(=");
        if (equals == std::string::npos) continue;
        const auto version = part.substr(equals + 2, part.find(')', equals) - equals - 2);
        sources.push_back(fmt::format("{} {}", trim(part.substr(0, equals)), trim(version)));
    }
    return sources;
}

}  // namespace kld::apt
