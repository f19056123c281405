// SPDX-License-Identifier: BSD-3-Clause
// Mounts that nobody else sees, and that go with who made them, whatever ends it.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"

namespace kld::zfs {

/// This thread, and the programs that it starts, have mounts of their own from now on. What others mount is still seen.
/// Called on the first thread it is the process. Errors: no right to do that.
Status have_own_mounts();

/// Runs `act` on a thread with mounts of its own, and waits for it. Without the right to have them it runs all the
/// same: whatever mounts there says so by itself.
void run_with_own_mounts(const std::function<void()>& act);

/// The same for something with a result.
template <typename Act>
auto with_own_mounts(Act act) {
    std::optional<decltype(act())> result;
    run_with_own_mounts([&] { result.emplace(act()); });
    return *std::move(result);
}

}  // namespace kld::zfs
