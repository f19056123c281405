// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/resolver.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <set>

#include "base/text.h"
#include "digest/sha256.h"
#include "family/apt/index.h"

namespace kld::apt {
namespace {

/// Options that keep this apt apart from the host's state and configuration.
std::vector<std::string> private_options(const std::string& directory) {
    std::vector<std::string> options;
    for (const auto& option :
         {"Dir::State=" + directory + "/state", "Dir::State::status=" + directory + "/status",
          "Dir::Cache=" + directory + "/cache", "Dir::Etc::sourcelist=" + directory + "/sources.list",
          std::string("Dir::Etc::sourceparts=/dev/null"), std::string("Dir::Etc::preferencesparts=/dev/null"),
          std::string("Acquire::Languages=none"),
          // Root's cache is not readable by _apt; indices are checked by signature either way.
          std::string("APT::Sandbox::User="), std::string("Acquire::Retries=3")}) {
        options.emplace_back("-o");
        options.push_back(option);
    }
    return options;
}

std::vector<std::string> with_options(const char* program, const std::string& directory,
                                      std::vector<std::string> rest) {
    auto argv = private_options(directory);
    argv.insert(argv.begin(), program);
    argv.insert(argv.end(), rest.begin(), rest.end());
    return argv;
}

Result<std::string> show(Runner& runner, const std::string& directory, const std::string& package) {
    auto output = runner.run({.argv = with_options("apt-cache", directory, {"show", "--no-all-versions", package})});
    if (!output)
        return fail(std::move(output.error())
                        .within("the archive has no package " + package)
                        .with_hint("check the catalogue entry and the components of the mirror"));
    return output->out;
}

/// "Date: Sat, 21 Nov 2026 10:00:00 UTC" in seconds; 0 when the file does not say it.
long date_of_release(const std::string& text) {
    constexpr std::string_view kField = "Date: ";
    for (const auto& line : lines(text)) {
        if (!line.starts_with(kField)) continue;
        std::tm time{};
        const auto* end = ::strptime(line.c_str() + kField.size(), "%a, %d %b %Y %H:%M:%S", &time);
        return end == nullptr ? 0 : ::timegm(&time);
    }
    return 0;
}

Status read_releases(Files& files, const std::string& directory, Resolved& resolved) {
    KLD_TRY(const auto names, files.list(directory + "/state/lists"));
    Sha256 digest;
    std::size_t count = 0;
    for (const auto& name : names) {
        if (!name.ends_with("Release")) continue;
        KLD_TRY(const auto text, files.read(directory + "/state/lists/" + name));
        digest.add(name + "\n" + text);
        resolved.date = std::max(resolved.date, date_of_release(text));
        ++count;
    }
    if (count == 0) return fail("apt fetched no Release file", "look at the mirror in /etc/apt/sources.list.d");
    resolved.index_digest = digest.finish();
    return {};
}

/// Those of `wanted` that are not among `offered`.
std::string missing_in(const std::set<std::string>& offered, const std::vector<std::string>& wanted) {
    std::vector<std::string> missing;
    for (const auto& name : wanted)
        if (!offered.contains(name)) missing.push_back(name);
    return join(missing, ", ");
}

}  // namespace

Status check_offers(Runner& runner, const std::string& directory, const std::vector<std::string>& components,
                    const std::vector<std::string>& packages) {
    if (!components.empty()) {
        KLD_TRY(
            const auto targets,
            runner.run({.argv = with_options("apt-get", directory,
                                             {"indextargets", "--format", "$(COMPONENT)", "Created-By: Packages"})}));
        const auto names = lines(targets.out);
        if (const auto missing = missing_in({names.begin(), names.end()}, components); !missing.empty())
            return fail("the mirror does not have the component " + missing,
                        "name a mirror that carries it in /etc/apt/sources.list.d, or leave out what needs it");
    }
    if (packages.empty()) return {};
    if (const auto offered = offered_versions(runner, directory, packages); !offered)
        return fail(Error(offered.error()).with_hint("correct the names in catalog/features"));
    return {};
}

Result<std::vector<std::string>> offered_versions(Runner& runner, const std::string& directory,
                                                  const std::vector<std::string>& packages) {
    std::vector<std::string> arguments{"show", "--no-all-versions"};
    arguments.insert(arguments.end(), packages.begin(), packages.end());
    // It fails when it knows none, and says the rest without a word of the others.
    KLD_TRY(const auto shown, runner.run({.argv = with_options("apt-cache", directory, arguments),
                                          .accept = [](int code) { return code == 0 || code == 100; }}));
    std::set<std::string> names, versions;
    each_stanza(shown.out, [&](const Stanza& stanza) {
        names.emplace(stanza.field("Package"));
        versions.insert(fmt::format("{} {}", stanza.field("Package"), stanza.field("Version")));
    });
    if (const auto missing = missing_in(names, packages); !missing.empty())
        return fail("the archive does not have " + missing);
    return std::vector<std::string>(versions.begin(), versions.end());
}

bool is_of_flavour(const std::string& package, const std::string& kernel_package) {
    constexpr std::string_view kPrefix = "linux-image-";
    if (!kernel_package.starts_with(kPrefix) || !package.starts_with(kPrefix)) return false;
    const auto flavour = "-" + kernel_package.substr(kPrefix.size());
    const auto rest = std::string_view(package).substr(kPrefix.size());
    if (rest.size() <= flavour.size() || !rest.ends_with(flavour)) return false;
    for (const auto& part : split(rest.substr(0, rest.size() - flavour.size()), '-'))
        if (part.empty() || part[0] < '0' || part[0] > '9') return false;
    return true;
}

Result<std::vector<OfferedKernel>> offered_kernels(Runner& runner, const std::string& directory,
                                                   const std::string& kernel_package) {
    KLD_TRY(const auto names, runner.run({.argv = with_options("apt-cache", directory, {"pkgnames", "linux-image-"})}));
    std::vector<OfferedKernel> kernels;
    for (const auto& name : lines(names.out)) {
        if (!is_of_flavour(name, kernel_package)) continue;
        // apt knows names of packages that nothing provides, too.
        const auto stanza = show(runner, directory, name);
        if (!stanza) continue;
        kernels.push_back({name.substr(std::string_view("linux-image-").size()), name,
                           std::string(Stanza(*stanza).field("Version"))});
    }
    std::sort(kernels.begin(), kernels.end(), [](const OfferedKernel& left, const OfferedKernel& right) {
        return ::strverscmp(left.release.c_str(), right.release.c_str()) < 0;
    });
    return kernels;
}

Result<Resolved> resolve(Runner& runner, Files& files, const std::string& directory,
                         const std::vector<std::string>& lines, const std::string& kernel_package,
                         const std::string& zfs_package) {
    KLD_CHECK(files.make_directories(directory + "/state/lists/partial"));
    KLD_CHECK(files.make_directories(directory + "/cache/archives/partial"));
    KLD_CHECK(files.write(directory + "/status", ""));
    KLD_CHECK(files.write(directory + "/sources.list", join(lines, "\n") + "\n"));
    KLD_CHECK(runner.run({.argv = with_options("apt-get", directory, {"update", "--error-on=any"})}));

    Resolved resolved;
    KLD_TRY(const auto meta, show(runner, directory, kernel_package));
    resolved.meta_version = Stanza(meta).field("Version");
    const auto depends = Stanza(meta).field("Depends");
    for (const auto& clause : split(depends, ',')) {
        const auto name = words(clause);
        if (!name.empty() && name[0].starts_with("linux-image-")) resolved.kernel_package = name[0];
    }
    if (resolved.kernel_package.empty())
        return fail(fmt::format("{} does not say which kernel it stands for", kernel_package),
                    fmt::format("Depends: {}", depends));
    resolved.kernel = resolved.kernel_package.substr(std::string_view("linux-image-").size());
    KLD_TRY(const auto kernel, show(runner, directory, resolved.kernel_package));
    resolved.kernel_version = Stanza(kernel).field("Version");
    KLD_TRY(const auto zfs, show(runner, directory, zfs_package));
    resolved.zfs_version = Stanza(zfs).field("Version");
    KLD_CHECK(read_releases(files, directory, resolved));
    return resolved;
}

}  // namespace kld::apt
