// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/family.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::upgrade {
namespace {

// dist-upgrade is the old name of full-upgrade, and the one that all versions of apt-get know.
Family apt() {
    return {.manager = "apt",
            .refresh = {"apt-get", "update"},
            .simulate = {"apt-get", "-s", "-q", "dist-upgrade"},
            .download = {"apt-get", "dist-upgrade", "-y", "--download-only"},
            .upgrade = {"apt-get", "dist-upgrade", "-y"},
            .parse = parse_apt,
            // A configuration file that somebody changed stays; at its question dpkg would end.
            .quiet = {"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"},
            .quiet_environment = {"DEBIAN_FRONTEND=noninteractive"}};
}

Family dnf() {
    return {.manager = "dnf",
            .refresh = {"dnf", "--refresh", "makecache"},
            .simulate = {"dnf", "upgrade", "--assumeno"},
            .download = {"dnf", "upgrade", "-y", "--downloadonly"},
            .upgrade = {"dnf", "upgrade", "-y"},
            .simulate_codes = {1},  // "Operation aborted.", by --assumeno
            .parse = parse_dnf};
}

/// By its own name, for systems on which dnf is not a link to it.
Family dnf5() {
    auto family = dnf();
    for (auto* command : {&family.refresh, &family.simulate, &family.download, &family.upgrade})
        command->front() = "dnf5";
    return family;
}

Family pacman() {
    return {.manager = "pacman",
            .refresh = {"pacman", "-Sy"},
            .simulate = {"pacman", "-Sup", "--print-format", "%n %v"},
            .download = {"pacman", "-Suw", "--noconfirm"},
            .upgrade = {"pacman", "-Su", "--noconfirm"},
            .parse = parse_pacman};
}

std::vector<std::string> all_packages(const std::vector<Hold>& holds) {
    std::vector<std::string> packages;
    for (const auto& hold : holds) packages.insert(packages.end(), hold.packages.begin(), hold.packages.end());
    return packages;
}

}  // namespace

Result<Family> family_of(const packages::Manager& manager) {
    if (manager.name == "dnf5") return dnf5();
    for (auto family : {apt(), dnf(), pacman()})
        if (family.manager == manager.name) return family;
    return fail(manager.name + " does not say beforehand which kernel it would install",
                "kpkg upgrade goes ahead with a snapshot alone", ExitCode::refused);
}

std::vector<std::string> without(const Family& family, std::vector<std::string> command,
                                 const std::vector<Hold>& holds) {
    const auto packages = all_packages(holds);
    if (packages.empty()) return command;
    if (family.manager == "apt")
        command.insert(command.begin() + 1, {"-o", fmt::format("Dir::Etc::preferences={}", kPreferences)});
    if (family.manager == "dnf")
        for (const auto& package : packages) command.push_back("--exclude=" + package);
    if (family.manager == "pacman") command.push_back("--ignore=" + join(packages, ","));
    return command;
}

std::string preferences_text(const std::vector<Hold>& holds, const std::string& own) {
    std::string text;
    for (const auto& package : all_packages(holds))
        text += fmt::format("Package: {}\nPin: version *\nPin-Priority: -1\n\n", package);
    return text + own;
}

}  // namespace kld::upgrade
