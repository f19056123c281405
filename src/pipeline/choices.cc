// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/choices.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::pipeline {

Result<std::string> choose(const catalog::Distro& distro, const std::vector<std::string>& offered,
                           const std::string& key, const std::string& wanted) {
    if (wanted.empty()) return offered.front();
    if (contains(offered, wanted)) return wanted;
    return fail(fmt::format("{} is not offered with {}", distro.name, wanted),
                fmt::format("{} may be: {}", key, join(offered, ", ")), ExitCode::usage);
}

Result<initramfs::Generator> choose_generator(const catalog::Distro& distro, const std::string& wanted) {
    KLD_TRY(const auto name, choose(distro, distro.initramfs, "boot.initramfs", wanted));
    return initramfs::parse_generator(name);
}

Result<catalog::ModuleModel> choose_modules(const catalog::Distro& distro, const std::string& wanted) {
    std::vector<std::string> offered;
    for (const auto model : distro.modules) offered.emplace_back(catalog::name_of(model));
    KLD_TRY(const auto name, choose(distro, offered, "zfs.modules", wanted));
    return *std::find_if(distro.modules.begin(), distro.modules.end(),
                         [&](const auto model) { return name == catalog::name_of(model); });
}

}  // namespace kld::pipeline
