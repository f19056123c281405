// SPDX-License-Identifier: BSD-3-Clause
// Datasets read and a snapshot taken in one transaction group by a channel program (zfs-program(8)): what is read is
// what the snapshot is of, and it takes no longer than the snapshot alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::zfs {

/// For root. Takes `snapshot` with org.kldload:reason=`reason` and prints what the datasets of its pool are that
/// `names` names; one that is not there is left out. Fails, and changes nothing, when the snapshot cannot be taken: its
/// name is in use, or its dataset got another snapshot within the same transaction group. An I/O error may leave it.
Command snapshot_program(const std::string& snapshot, const std::string& reason, const std::vector<std::string>& names);

/// What it printed, with sources as `zfs get` says them. Ratios are in hundredths, and there is no `mounted`. Errors:
/// it cannot be understood. That is so where a value is not UTF-8: zfs ends its output there, and the snapshot was
/// taken.
Result<std::vector<boot::Dataset>> parse_snapshot_program(std::string_view output);

}  // namespace kld::zfs
