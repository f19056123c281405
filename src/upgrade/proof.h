// SPDX-License-Identifier: BSD-3-Clause
// Whether a system would boot after its upgrade: every row of the catalogue, for every kernel that the menu shows.
#pragma once

#include <string>
#include <vector>

#include "be/world.h"
#include "check/report.h"
#include "check/system.h"

namespace kld::upgrade {

struct Proof {
    std::vector<std::string> broken{};  ///< what failed or could not be told: "B02: 6.12.118: …", its remedy behind it
    std::vector<std::string> noted{};   ///< what is worth knowing: rows that warn about a kernel
    std::string default_kernel{};       ///< release; empty when the menu shows no kernel
};

/// Sorts what a check found. A pure function.
Proof judge(const check::Report& report);

/// The running system with its pool and its EFI system partition, as if `root` were the one that boots next. What was
/// written is on the disk before it is read.
Result<Proof> prove_running(Runner& runner, Files& files, const be::World& world, const std::string& root);

/// A boot environment that does not run.
Result<Proof> prove_environment(Runner& runner, Files& files, const be::World& world, const std::string& dataset);

}  // namespace kld::upgrade
