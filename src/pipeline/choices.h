// SPDX-License-Identifier: BSD-3-Clause
// What the answers choose among what the catalogue offers; the first is the usual one.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "initramfs/generator.h"

namespace kld::pipeline {

/// @param key     of the answers
/// @param wanted  empty: the usual one. One that is not offered is a usage error that lists those that are
Result<std::string> choose(const catalog::Distro& distro, const std::vector<std::string>& offered,
                           const std::string& key, const std::string& wanted);

Result<initramfs::Generator> choose_generator(const catalog::Distro& distro, const std::string& wanted);
Result<catalog::ModuleModel> choose_modules(const catalog::Distro& distro, const std::string& wanted);

}  // namespace kld::pipeline
