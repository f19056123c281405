// SPDX-License-Identifier: BSD-3-Clause
#include "base/user_namespace.h"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/runner.h"
#include "base/text.h"

namespace kld {
namespace {

std::string user_name(unsigned uid) {
    const auto* entry = ::getpwuid(uid);
    return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

Status check_namespaces(Files& files) {
    // The first is of every kernel, the others of Debian's and Ubuntu's.
    for (const auto& [path, bad] : {std::pair("/proc/sys/user/max_user_namespaces", "0"),
                                    std::pair("/proc/sys/kernel/unprivileged_userns_clone", "0"),
                                    std::pair("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")})
        if (const auto value = files.read(path); value && trim(*value) == bad)
            return fail(fmt::format("this machine gives ordinary users no namespaces: {} is {}", path, bad),
                        "let root change it with sysctl, or run this as root", ExitCode::refused);
    return {};
}

}  // namespace

bool has_subordinate_ids(const std::string& table, const std::string& user, unsigned uid) {
    for (const auto& line : lines(table)) {
        const auto fields = split(line, ':');
        if (fields.size() != 3 || (fields[0] != user && fields[0] != std::to_string(uid))) continue;
        if (const auto count = parse_number(fields[2]); count && *count >= kIdsOfATree) return true;
    }
    return false;
}

std::vector<std::string> namespace_argv(const std::string& program, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"unshare", "--map-auto",           "--map-root-user", "--mount", "--pid",
                                  "--fork",  "--kill-child=SIGTERM", "--mount-proc",    "--",      program};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
}

Status become_root(Files& files, const std::vector<std::string>& arguments) {
    const auto uid = ::geteuid();
    if (uid == 0) return {};
    const auto user = user_name(uid);
    for (const auto* path : {"/etc/subuid", "/etc/subgid"}) {
        const auto table = files.read(path);
        if (table && has_subordinate_ids(*table, user, uid)) continue;
        return fail(fmt::format("{} has no {} ids for the owners of a root tree in {}", user, kIdsOfATree, path),
                    fmt::format("sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}, "
                                "or run this as root",
                                user),
                    ExitCode::refused);
    }
    KLD_CHECK(check_namespaces(files));
    if (!files.exists("/usr/bin/newuidmap"))
        return fail("no newuidmap, which gives an ordinary user the ids of a root tree", "apt-get install uidmap",
                    ExitCode::refused);
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return fail("cannot find this program's own file: " + error.message());
    KLD_TRY(const auto code, run_in_foreground({.argv = namespace_argv(self, arguments)}));
    std::exit(code);
}

}  // namespace kld
