// SPDX-License-Identifier: BSD-3-Clause
// Whether all is well: the one judgement that the screen, the JSON and the exit code share.
#pragma once

#include <string>
#include <vector>

#include "status/state.h"

namespace kld::status {

struct Verdict {
    std::vector<std::string> wrong{};    ///< needs somebody: a line each
    std::vector<std::string> unknown{};  ///< could not be told
    std::vector<std::string> notices{};  ///< worth knowing, and no fault
    /// done when all is well, failed when something is wrong, unknown when nothing is and something could not be told.
    ExitCode exit_code() const;
};

/// A pool with less than this part of it free is wrong, as for row B33 of the boot chain check: ZFS slows down first
/// and then cannot even delete.
inline constexpr double kLeastFree = 0.05;

/// A scrub older than this is worth a notice: Debian's and Arch's timers run one a month.
inline constexpr std::time_t kScrubIsOld = 40L * 24 * 60 * 60;

Verdict verdict(const State& state);

/// The dataset that boots next: of a trial with tries left that one, else bootfs. Empty: not known.
const std::string& boots_next(const Boot& boot);

/// Why a reboot would change something; empty when none is pending.
std::vector<std::string> reboot_reasons(const State& state);

}  // namespace kld::status
