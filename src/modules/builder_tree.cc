// SPDX-License-Identifier: BSD-3-Clause
#include "modules/builder_tree.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::modules {
namespace {

constexpr std::string_view kSourcePrefix = "zfs-";

}  // namespace

std::string installed_version(std::string_view status, std::string_view package) {
    bool wanted = false;
    bool installed = false;
    std::string version;
    auto all = lines(status);
    all.emplace_back();
    for (const auto& line : all) {
        if (line.empty()) {
            if (wanted && installed) return version;
            wanted = installed = false;
            version.clear();
        }
        if (line == fmt::format("Package: {}", package)) wanted = true;
        if (line.starts_with("Status: ") && line.ends_with(" ok installed")) installed = true;
        if (line.starts_with("Version: ")) version = line.substr(9);
    }
    return {};
}

ModuleLayout module_layout(std::string_view list) {
    ModuleLayout layout;
    for (const auto& line : lines(list)) {
        if (!line.ends_with(".ko") && !line.ends_with(".ko.xz") && !line.ends_with(".ko.zst")) continue;
        layout.directory = line.starts_with("/lib/modules/") ? "/lib/modules" : "/usr/lib/modules";
        layout.xz = !line.ends_with(".ko");
        break;
    }
    return layout;
}

Result<std::string> dkms_source_version(Files& files, const std::string& root) {
    std::vector<std::string> versions;
    if (const auto names = files.list(root + "/usr/src"))
        for (const auto& name : *names)
            if (name.starts_with(kSourcePrefix)) versions.push_back(name.substr(kSourcePrefix.size()));
    if (versions.size() == 1) return versions.front();
    const auto what = versions.empty() ? "no OpenZFS source" : "several OpenZFS sources: " + join(versions, " ");
    return fail(fmt::format("{}/usr/src has {}", root, what), "the builder tree needs the package zfs-dkms, once");
}

Result<std::string> modules_directory(Files& files, const std::string& root, const std::string& kernel) {
    for (const auto* parent : {"/usr/lib/modules/", "/lib/modules/"})
        if (auto path = root + parent + kernel; files.exists(path)) return path;
    return fail(fmt::format("the builder tree {} has no kernel {}", root, kernel),
                "it needs the packages linux-image and linux-headers of exactly this kernel");
}

std::vector<std::string> compiler_log(Files& files, const std::string& root, const std::string& source_version,
                                      const std::string& kernel) {
    constexpr std::size_t kLines = 25;
    const auto base = fmt::format("{}/var/lib/dkms/zfs/{}", root, source_version);
    std::vector<std::string> candidates{base + "/build/make.log"};
    const auto of_kernel = fmt::format("{}/{}", base, kernel);
    if (const auto architectures = files.list(of_kernel))
        for (const auto& architecture : *architectures)
            candidates.push_back(fmt::format("{}/{}/log/make.log", of_kernel, architecture));
    for (const auto& path : candidates) {
        const auto text = files.read(path);
        if (!text) continue;
        auto tail = last_lines(*text, kLines);
        tail.insert(tail.begin(), fmt::format("the end of {}:", path.substr(root.size())));
        return tail;
    }
    return {};
}

}  // namespace kld::modules
