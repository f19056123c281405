// SPDX-License-Identifier: BSD-3-Clause
// A program in another root with a process table of its own: nothing of what it starts outlives it.
#pragma once

#include <string>

#include "base/runner.h"

namespace kld {

/// As run_in_foreground, with `root` as its /. When the program ends, and when this process dies, all that it has left
/// running is killed, so that nothing in there stays in use. Its /proc shows that table alone, and nobody else sees
/// it. On a terminal it cannot be suspended. Needs root, and a directory proc in `root`.
Result<int> run_alone(const Foreground& command, const std::string& root);

}  // namespace kld
