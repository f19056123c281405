// SPDX-License-Identifier: BSD-3-Clause
// kupgrade: the full upgrade of the running system, with a boot environment to return to. That one boots next from
// before the first package is touched until the result is proven: neither a failure nor a power cut starts a broken
// default. Where what starts the system was changed, that proof is a start: the running system is on trial, and the one
// from before stays the default until it has come up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packages/log.h"
#include "upgrade/prepare.h"

namespace kld::upgrade {

struct Outcome {
    packages::Record record{};
    std::string environment{};      ///< name of the boot environment that was made; empty: none is left
    std::string default_kernel{};   ///< of what boots next, when that was proven
    std::string back{};             ///< of an upgrade in place that is on trial: name of what boots when that fails
    bool on_trial = false;          ///< what boots next has to prove itself
    std::optional<Error> broken{};  ///< why it is no success, when there is a record of it
};

/// The steps before the manager starts, and its command, as --dry-run shows them. The names have no time yet.
Result<zfs::Plan> plan_in_place(const Host& host, const Prepared& prepared, bool stay);

/// @param argv  what the person said
/// @param stay  --stay: the upgraded system boots next whatever comes of it
/// Errors: nothing was changed. What went wrong later is in the outcome.
Result<Outcome> upgrade_in_place(Host& host, const Prepared& prepared, const std::vector<std::string>& argv, bool stay);

}  // namespace kld::upgrade
