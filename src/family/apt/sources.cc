// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/sources.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"

namespace kld::apt {
namespace {

bool has(const std::vector<std::string>& list, std::string_view wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool is_debian_suite(std::string_view suite) {
    constexpr std::array kNames{"bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"};
    return std::find(kNames.begin(), kNames.end(), suite) != kNames.end();
}

/// Fields of one deb822 stanza; continuation lines are joined by a blank.
std::map<std::string, std::string> stanza_fields(const std::string& stanza) {
    std::map<std::string, std::string> fields;
    std::string* last = nullptr;
    for (const auto& line : lines(stanza)) {
        if (line.starts_with("#")) continue;
        if (last != nullptr && !line.empty() && (line[0] == ' ' || line[0] == '\t')) {
            *last += " " + std::string(trim(line));
        } else if (const auto colon = line.find(':'); colon != std::string::npos) {
            last = &fields[line.substr(0, colon)];
            *last = trim(std::string_view(line).substr(colon + 1));
        }
    }
    return fields;
}

std::string without_slash(std::string uri) {
    while (uri.ends_with("/")) uri.pop_back();
    return uri;
}

}  // namespace

std::vector<Source> parse_list(const std::string& text) {
    std::vector<Source> sources;
    for (const auto& line : lines(text)) {
        auto parts = words(line.substr(0, line.find('#')));
        if (parts.size() < 3 || parts[0] != "deb") continue;
        auto at = parts.begin() + 1;
        if (at->starts_with("[")) {
            at = std::find_if(at, parts.end(), [](const auto& part) { return part.ends_with("]"); });
            if (at == parts.end()) continue;
            ++at;
        }
        if (parts.end() - at < 2) continue;
        sources.push_back({{without_slash(at[0])}, {at[1]}, {at + 2, parts.end()}});
    }
    return sources;
}

std::vector<Source> parse_deb822(const std::string& text) {
    std::vector<Source> sources;
    std::string stanza;
    const auto take = [&] {
        auto fields = stanza_fields(stanza);
        stanza.clear();
        if (!has(words(fields["Types"]), "deb") || fields["Enabled"] == "no") return;
        Source source{words(fields["URIs"]), words(fields["Suites"]), words(fields["Components"])};
        for (auto& uri : source.uris) uri = without_slash(uri);
        sources.push_back(std::move(source));
    };
    for (const auto& line : lines(text)) {
        if (trim(line).empty())
            take();
        else
            stanza += line + "\n";
    }
    take();
    return sources;
}

std::vector<Source> host_sources(Files& files, const std::string& root) {
    std::vector<Source> all;
    const auto add = [&](const std::string& path, std::vector<Source> (*parse)(const std::string&)) {
        if (const auto text = files.read(path))
            for (auto& source : parse(*text)) all.push_back(std::move(source));
    };
    const auto directory = root + "/etc/apt/sources.list.d";
    add(root + "/etc/apt/sources.list", parse_list);
    if (const auto names = files.list(directory)) {
        for (const auto& name : *names) {
            if (name.ends_with(".list"))
                add(directory + "/" + name, parse_list);
            else if (name.ends_with(".sources"))
                add(directory + "/" + name, parse_deb822);
        }
    }
    return all;
}

Result<Mirrors> find_mirrors(const std::vector<Source>& sources) {
    Mirrors mirrors;
    for (const auto& source : sources) {
        if (source.uris.empty() || !has(source.components, "main")) continue;
        for (const auto& suite : source.suites) {
            if (is_debian_suite(suite) && mirrors.archive.empty()) mirrors.archive = source.uris[0];
            if (suite.ends_with("-security") && is_debian_suite(suite.substr(0, suite.size() - 9)) &&
                mirrors.security.empty())
                mirrors.security = source.uris[0];
        }
    }
    if (mirrors.archive.empty())
        return fail("no Debian archive in this host's apt sources",
                    "add one to /etc/apt/sources.list.d (see sources.list(5)) and run apt-get update");
    return mirrors;
}

std::vector<std::string> builder_lines(const catalog::Distro& distro, const Mirrors& mirrors) {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& uri, const std::string& suite) {
        lines.push_back(
            fmt::format("deb [signed-by={}] {} {} {}", distro.keyring, uri, suite, join(distro.components, " ")));
    };
    add(mirrors.archive, distro.suite);
    for (const auto& suite : distro.updates) add(mirrors.archive, suite);
    if (!mirrors.security.empty() && !distro.security.empty()) add(mirrors.security, distro.security);
    return lines;
}

std::string target_sources(const std::string& example, const catalog::Distro& distro) {
    std::string text;
    const bool deb822 = example.find("\nComponents:") != std::string::npos;
    for (const auto& line : lines(example)) {
        if (deb822) {
            if (line.starts_with("##")) continue;
            text +=
                line.starts_with("Components:") ? "Components: " + join(distro.components, " ") + "\n" : line + "\n";
        } else if (line.starts_with("deb ") && parse_list(line).size() == 1) {
            const auto source = parse_list(line)[0];
            text += fmt::format("deb {} {} {}\n", source.uris[0], source.suites[0], join(distro.components, " "));
        }
    }
    return text;
}

std::string own_source(const std::string& uri, const std::string& key) {
    auto text = fmt::format("Types: deb\nURIs: {}\nSuites: ./\nSigned-By:\n", uri);
    for (const auto& line : lines(key)) text += line.empty() ? " .\n" : " " + line + "\n";
    return text;
}

}  // namespace kld::apt
