// SPDX-License-Identifier: BSD-3-Clause
// All verbs of all tools, as their help shows them.
#pragma once

#include <functional>
#include <string>

#include "cmd/kldload-tools/tools.h"

namespace kld::cmd {

/// @param look  told "kbe create", or "kdf" for a tool without verbs, and its command line
void for_each_verb(const std::function<void(const std::string& name, const CLI::App& verb)>& look);

bool has_option(const CLI::App& verb, const std::string& name);

}  // namespace kld::cmd
