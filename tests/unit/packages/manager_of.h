// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <string>

#include "packages/manager.h"

namespace kld::packages {

inline const Manager& manager_of(const std::string& name) {
    for (const auto& manager : managers())
        if (manager.name == name) return manager;
    throw std::runtime_error("no manager is called " + name);
}

}  // namespace kld::packages
