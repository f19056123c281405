// SPDX-License-Identifier: BSD-3-Clause
// What two boot environments have in common, and so what tells them apart.
#pragma once

#include <string>
#include <vector>

#include "base/runner.h"
#include "be/world.h"
#include "snap/diff.h"

namespace kld::snap {

/// The snapshot that one of two boot environments was cloned from and that lies on the other one.
/// Errors: they are the same; neither is a clone of the other.
Result<std::string> common_snapshot(const be::World& world, const std::string& first, const std::string& second);

/// What an environment has changed since a snapshot, by paths of its own: it is mounted read-only for that when it is
/// not mounted.
Result<std::vector<Change>> changes_of(Runner& runner, const be::World& world, const std::string& dataset,
                                       const std::string& since);

}  // namespace kld::snap
