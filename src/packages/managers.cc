// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <set>

#include "base/text.h"
#include "packages/manager.h"

namespace kld::packages {
namespace {

/// "name\tversion" lines.
Packages parse_pairs(std::string_view output, char separator) {
    std::map<std::string, std::set<std::string>> all;
    for (const auto& line : lines(output)) {
        const auto at = line.find(separator);
        if (at != std::string::npos && at > 0) all[line.substr(0, at)].insert(line.substr(at + 1));
    }
    Packages packages;
    for (const auto& [name, versions] : all)
        packages[name] = join(std::vector<std::string>(versions.begin(), versions.end()), " ");
    return packages;
}

/// "name:arch\tversion\tii "; what is not quite installed says so behind its version: that is a change, too.
Packages parse_dpkg(std::string_view output) {
    Packages packages;
    for (const auto& line : lines(output)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 3 || fields[1].empty()) continue;
        const auto state = trim(fields[2]);
        const bool whole = state.size() == 2 && state[1] == 'i';  // a third one is R: install it again
        packages[fields[0]] = whole ? fields[1] : fields[1] + " (" + std::string(state) + ")";
    }
    return packages;
}

Packages parse_tabs(std::string_view output) {
    return parse_pairs(output, '\t');
}
Packages parse_blanks(std::string_view output) {
    return parse_pairs(output, ' ');
}

Manager apt() {
    return {.name = "apt",
            .programs = {"/usr/bin/apt-get"},
            .systems = {"debian", "ubuntu"},
            .databases = {"/var/lib/dpkg"},
            .install = {"apt-get", "install", "-y"},
            .remove = {"apt-get", "remove", "-y"},
            // As apt(8) does: without it a kernel, which is a new package each time, is never upgraded.
            .upgrade = {"apt-get", "upgrade", "-y", "--with-new-pkgs"},
            .update = {"apt-get", "update"},
            .search = {"apt-cache", "search"},
            .list = {"dpkg", "-l"},
            .info = {"apt-cache", "show"},
            .installed = {"dpkg-query", "-W", "-f", "${binary:Package}\\t${Version}\\t${db:Status-Abbrev}\\n"},
            .parse = parse_dpkg,
            .found = found_by_apt,
            .stanzas = stanzas_of_deb};
}

Manager dnf() {
    return {.name = "dnf",
            .programs = {"/usr/bin/dnf"},
            .systems = {"rhel", "fedora", "centos", "rocky"},
            .databases = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"},
            .install = {"dnf", "install", "-y"},
            .remove = {"dnf", "remove", "-y"},
            .upgrade = {"dnf", "upgrade", "-y"},
            .update = {"dnf", "check-update"},
            .search = {"dnf", "search"},
            .list = {"rpm", "-qa"},
            .info = {"dnf", "info"},
            .update_codes = {100},  // there are updates
            .sorted_list = true,
            .installed = {"rpm", "-qa", "--qf", "%{NAME}.%{ARCH}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n"},
            .parse = parse_tabs,
            .found = found_by_dnf,
            .stanzas = stanzas_in_columns};
}

/// By its own name, for systems on which dnf is not a link to it.
Manager dnf5() {
    auto manager = dnf();
    manager.name = "dnf5";
    manager.programs = {"/usr/bin/dnf5"};
    for (auto* command : {&manager.install, &manager.remove, &manager.upgrade, &manager.search, &manager.info})
        command->front() = "dnf5";
    manager.update = {"dnf5", "check-upgrade"};
    return manager;
}

Manager pacman() {
    return {.name = "pacman",
            .programs = {"/usr/bin/pacman"},
            .systems = {"arch"},
            .databases = {"/var/lib/pacman"},
            // From the lists as they are: fetching them here would make a partial upgrade, which Arch does not support.
            .install = {"pacman", "-S", "--noconfirm", "--needed"},
            .remove = {"pacman", "-R", "--noconfirm"},
            .upgrade = {"pacman", "-Syu", "--noconfirm"},
            .update = {"pacman", "-Sy"},
            .search = {"pacman", "-Ss"},
            .list = {"pacman", "-Q"},
            .info = {"pacman", "-Si"},
            .installed = {"pacman", "-Q"},
            .parse = parse_blanks,
            .found = found_by_pacman,
            .stanzas = stanzas_in_columns};
}

Manager freebsd() {
    return {
        .name = "pkg",
        .programs = {"/usr/local/sbin/pkg", "/usr/sbin/pkg"},
        .systems = {"freebsd"},
        .databases = {"/var/db/pkg"},
        .install = {"pkg", "install", "-y"},
        .remove = {"pkg", "delete", "-y"},
        .upgrade = {"pkg", "upgrade", "-y"},
        .update = {"pkg", "update"},
        .search = {"pkg", "search"},
        .list = {"pkg", "info"},
        .info = {"pkg", "rquery", "%n-%v\\n%c\\n%e"},
        .installed = {"pkg", "query", "%n\\t%v"},
        .parse = parse_tabs,
        .found = found_by_pkg,
        .stanzas = stanzas_of_deb,
        .fields = {"pkg", "rquery", "Name: %n\\nVersion: %v\\nOrigin: %o\\nMaintainer: %m\\nWWW: %w\\nComment: %c\\n"}};
}

}  // namespace

const std::vector<Manager>& managers() {
    static const std::vector<Manager> all{apt(), dnf(), dnf5(), pacman(), freebsd()};
    return all;
}

Result<const Manager*> find_manager(Files& files) {
    std::string release;
    for (const auto* path : {"/etc/os-release", "/usr/lib/os-release"})
        if (auto text = files.read(path); text && release.empty()) release = *text;
    const auto system = boot::parse_os_release(release);
    const auto is_there = [&](const Manager& manager) {
        return std::any_of(manager.programs.begin(), manager.programs.end(),
                           [&](const auto& program) { return files.exists(program); });
    };
    auto names = system.like;
    names.insert(names.begin(), system.id);
    for (const auto& name : names)
        for (const auto& manager : managers())
            if (contains(manager.systems, name) && is_there(manager)) return &manager;
    // A system that does not say what it is like. Debian can have dnf, and Fedora apt: hence the names first.
    for (const auto& manager : managers())
        if (is_there(manager)) return &manager;
    return fail("no package manager is known here: neither apt, dnf, pacman nor pkg",
                "kpkg works where one of them is installed");
}

}  // namespace kld::packages
