// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/owners.h"

#include "base/text.h"

namespace kld::apt {
namespace {

/// Packages still list files under the directories that became links into /usr.
std::string merged(const std::string& path) {
    for (const auto* directory : {"/bin/", "/sbin/", "/lib/", "/lib64/"})
        if (path.starts_with(directory)) return "/usr" + path;
    return path;
}

}  // namespace

Result<std::set<std::string>> owners(Files& files, const std::string& tree, const std::vector<std::string>& paths) {
    std::set<std::string> wanted, found;
    for (const auto& path : paths) wanted.insert(merged(path));
    const auto directory = tree + "/var/lib/dpkg/info";
    KLD_TRY(const auto names, files.list(directory));
    constexpr std::string_view kSuffix = ".list";
    for (const auto& name : names) {
        if (wanted.empty()) break;
        if (!name.ends_with(kSuffix)) continue;
        KLD_TRY(const auto text, files.read(directory + "/" + name));
        const auto package = name.substr(0, name.size() - kSuffix.size());
        for (const auto& line : lines(text))
            if (wanted.erase(merged(line)) != 0) found.insert(package.substr(0, package.find(':')));
    }
    if (!wanted.empty())
        return fail("no package of " + tree + " owns " + *wanted.begin(),
                    "what it is and where it came from must be known: take it from a package");
    return found;
}

}  // namespace kld::apt
