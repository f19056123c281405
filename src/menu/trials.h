// SPDX-License-Identifier: BSD-3-Clause
// Boot environments on trial: the record on the EFI system partitions, counted down before each try.
#pragma once

#include <optional>
#include <string>

#include "menu/world.h"

namespace kld::menu {

/// The newest record on all EFI system partitions; nothing where there is none. Each is mounted read-only for a moment;
/// one that cannot be is passed over.
std::optional<FoundTrial> find_trial();

/// Makes the environment on trial the default as long as it has tries left, and says how it stands. One that has none
/// left, or is not there, is told as a problem, and the last good one boots.
void apply_trial(const std::optional<FoundTrial>& found, World& world);

/// The record with one try less.
boot::Trial one_less(const boot::Trial& record);

/// Writes the record on every one of the partitions, flushed. An error when none took it: then the environment must not
/// be tried, or a machine could try for ever.
Status write_trial(const FoundTrial& trial);

/// What the kernel of a trial is told beyond its own arguments: to restart after a panic, systemd to arm the machine's
/// watchdog, and that it is a trial.
std::string trial_arguments(const boot::Trial& record);

}  // namespace kld::menu
