// SPDX-License-Identifier: BSD-3-Clause
// Boot environments that have to prove themselves: started here, counted down by the boot menu, kept by a unit.
#pragma once

#include <optional>
#include <string>

#include "be/world.h"
#include "boot/trial.h"
#include "zfs/plan.h"

namespace kld::be {

inline constexpr unsigned kTries = 3;

/// Where the EFI system partition is mounted: /boot/efi, /efi or /boot. An error when it is not.
Result<std::string> esp_place(const std::vector<zfs::Mount>& mounts);

/// Refuses (exit 3) unless the menu on the partition counts tries: ZFSBootMenu does not, nor does a menu of ours that
/// is older than trials.
Status expect_counting_menu(Files& files, const std::string& esp);

/// Where the EFI system partition of this machine is mounted, and nobody unmounts it as long as the object lives.
struct HeldEsp {
    Lock alone;
    std::string place;
};

/// Waits for who has it. An automount is made to mount, and what /etc/fstab has is mounted.
Result<HeldEsp> hold_esp(Runner& runner, Files& files);

/// Whether a trial of it would come to an end: the menu counts, and the environment has the enabled unit that keeps it.
/// @returns why not; empty when it may be tried
/// Errors (exit 3): the EFI system partition that /etc/fstab has is not mounted, so that nobody knows.
Result<std::string> why_no_trial(Runner& runner, Files& files, const World& world, const std::string& dataset);

/// Refuses (exit 3) where nothing would keep the environment: without its unit it is given up after its last try,
/// however well it works. Mounts it read-only to look, when it is not mounted.
Status expect_keeping_unit(Runner& runner, Files& files, const World& world, const std::string& dataset);

/// From the next start on the menu boots it, `tries` times at most; `bootfs` stays where it is. Refused (exit 3) unless
/// the pool is the one that runs. When that cannot be
/// written down, what was on trial before still is.
/// @param once  a single boot, of which nothing becomes the default
Status start_trial(Runner& runner, Files& files, const World& world, const std::string& dataset, unsigned tries,
                   bool once);

/// The same, to be shown; refused (exit 3) unless the pool is the one that runs.
Result<zfs::Plan> plan_trial(const World& world, const std::string& dataset, unsigned tries, bool once);

/// The step that end_trial() does, to be shown.
zfs::Step end_trial_step(const std::string& dataset);

/// Ends what is on trial, if anything. @returns what it was
Result<std::optional<boot::Trial>> end_trial(Runner& runner, Files& files, const World& world);

/// Nothing is on trial any more, says the record on the partition at `esp`.
Status clear_trial(Files& files, const std::string& esp);

/// The record that is in force for this pool: an environment that still has tries, or had none left.
std::optional<boot::Trial> trial_of(Files& files, const World& world);

/// What a person's own checks are: programs that end with 0 when the machine does what it is for.
inline constexpr const char* kBootChecks = "/etc/kldload/boot-checks.d";

/// Those that are there and can be run, with their directory, in the order of their names.
Result<std::vector<std::string>> boot_checks(Files& files, const std::string& directory = kBootChecks);

/// Runs them all, five minutes each at most. The error names the first that failed, with its last words.
Status run_boot_checks(Runner& runner, Files& files, const std::string& directory = kBootChecks);

/// Nothing where what runs boots by itself already, and the errors of commit_trial().
/// @param record  that is in force, if any
Result<zfs::Plan> plan_commit(const World& world, const std::optional<boot::Trial>& record);

/// Makes the environment that runs the default and ends its trial. An error (exit 2) when it is not on trial, unless it
/// is what boots by itself and nothing else is on trial: somebody was faster.
/// @returns whether there was a trial to end
Result<bool> commit_trial(Runner& runner, Files& files, const World& world);

}  // namespace kld::be
