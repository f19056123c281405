// SPDX-License-Identifier: BSD-3-Clause
// What kpkg does when a package manager calls it: one snapshot and one record for each run of the manager.
#pragma once

#include "packages/transaction.h"

namespace kld::packages {

/// Between the two calls: the run, its record and what was installed before it.
inline constexpr const char* kHookState = "/run/kldload/kpkg-hook";

/// Before packages are touched. What an earlier run left open, because the manager ended between the two calls, is
/// closed first: without its snapshot when it changed nothing. A run of several sets (unattended-upgrades) has its
/// snapshot already.
/// @param run  of run_of(); empty: each call is a run of its own
Status before_packages(const Machine& machine, Runner& runner, Files& files, Events& events, const std::string& run);

/// After them, once for each set: the record is brought up to date. The snapshot of a run of several sets stays,
/// whatever they changed, since another may follow.
/// @param failed  the manager says so; packages that dpkg has left half done say it by themselves
/// A log that cannot be written is a warning: the manager would take its own success for a failure.
Status after_packages(const Machine& machine, Runner& runner, Files& files, Events& events, const std::string& run,
                      bool failed);

}  // namespace kld::packages
