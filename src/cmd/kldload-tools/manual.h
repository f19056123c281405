// SPDX-License-Identifier: BSD-3-Clause
// Man page and completion of a tool, out of the same table that reads its command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools.h"

namespace kld::cmd {

/// man(7), section 8.
std::string man_page(const Tool& tool, const CLI::App& app);

/// For bash-completion: verbs, then the options of the verb, and what the tool's `completes` prints.
std::string bash_completion(const Tool& tool, const CLI::App& app);

}  // namespace kld::cmd
