// SPDX-License-Identifier: BSD-3-Clause
// What the verbs of kpkg share.
#pragma once

#include "tools.h"

namespace kld::cmd {

void add_package_undo(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
