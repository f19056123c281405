// SPDX-License-Identifier: BSD-3-Clause
// Compiles ZFS for a kernel before dpkg touches anything: what does not compile is not installed.
#pragma once

#include <functional>
#include <string>

#include "base/events.h"
#include "dkms/transaction.h"

namespace kld::dkms {

/// Keeps apt from offering what did not compile. One version is named, so the next is tried again.
inline constexpr const char* kPins = "/etc/apt/preferences.d/kldload-dkms.pref";

struct Tools {
    Runner& runner;
    Files& files;
    Events& events;
    /// Lays what is below a directory over /usr, for this process and its children, until the process ends.
    std::function<Status(const std::string& over)> overlay;
};

/// For every kernel that comes: ZFS is compiled with the headers that come with it, in a tree of records of our own,
/// from which a hook of the kernel gives it to dkms (packaging/kldload-dkms). When a newer zfs-dkms comes, it is tried
/// for all kernels of the machine instead.
/// @returns refused when a kernel comes without headers, when ZFS does not compile for it (it is pinned then), or when
/// Secure Boot is on and the machine's own key is not enrolled
Status prepare(const Machine& machine, const Transaction& transaction, Tools& tools);

}  // namespace kld::dkms
