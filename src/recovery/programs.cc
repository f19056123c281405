// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/programs.h"

#include <fmt/core.h>

#include <cstdlib>

#include "base/text.h"

namespace kld::recovery {
namespace {

constexpr std::string_view kTools = "zfs-", kModule = "zfs-kmod-";

/// "2.3.2-2" → {2, 3}; zeros for what is no version.
std::pair<std::uint64_t, std::uint64_t> release_of(const std::string& version) {
    const auto parts = split(version, '.');
    if (parts.size() < 2) return {0, 0};
    const auto digits = parts[1].substr(0, parts[1].find_first_not_of("0123456789"));
    return {parse_number(parts[0]).value_or(0), parse_number(digits).value_or(0)};
}

}  // namespace

ZfsVersions parse_versions(std::string_view output) {
    ZfsVersions versions;
    for (const auto& line : lines(output)) {
        if (line.starts_with(kModule))
            versions.module = line.substr(kModule.size());
        else if (line.starts_with(kTools))
            versions.tools = line.substr(kTools.size());
    }
    return versions;
}

Result<std::vector<std::string>> expect_usable_zfs(Runner& runner) {
    // Without the module it ends with 1; OpenZFS 2.1 then says no version, later ones that of the tools.
    const auto output = runner.run({.argv = {"zfs", "version"}, .accept = [](int code) { return code <= 1; }});
    const auto versions = output ? parse_versions(output->out) : ZfsVersions{};
    const bool unloaded = output && output->err.find("modules are not loaded") != std::string::npos;
    if (versions.tools.empty() && !unloaded) {
        Error error{
            "this rescue system has no zfs(8) that runs", {}, "boot one with OpenZFS 2.1 or newer", ExitCode::refused};
        if (!output) error.details.push_back(output.error().message);
        return fail(std::move(error));
    }
    if (versions.module.empty())
        return fail("the kernel of this rescue system has no ZFS module loaded",
                    fmt::format("modprobe zfs; the module must be of the same release as zfs(8){}",
                                versions.tools.empty() ? "" : ", " + versions.tools),
                    ExitCode::refused);
    constexpr std::pair<std::uint64_t, std::uint64_t> kOldest{2, 1};
    for (const auto& version : {versions.tools, versions.module})
        if (release_of(version) < kOldest)
            return fail(fmt::format("this rescue system has OpenZFS {}", version), "boot one with OpenZFS 2.1 or newer",
                        ExitCode::refused);
    if (release_of(versions.tools) == release_of(versions.module)) return std::vector<std::string>{};
    return std::vector<std::string>{
        fmt::format("zfs(8) is of OpenZFS {}, the kernel's module of {}: should commands "
                    "fail for no reason, use a rescue system that has both of one release",
                    versions.tools, versions.module)};
}

std::string find_program(Files& files, const std::string& name, const std::string& path) {
    for (const auto& directory : split(path, ':'))
        if (!directory.empty() && files.exists(directory + "/" + name)) return directory + "/" + name;
    return {};
}

std::string program_path() {
    const char* path = std::getenv("PATH");
    return path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path;
}

std::string find_program(Files& files, const std::string& name) {
    return find_program(files, name, program_path());
}

}  // namespace kld::recovery
