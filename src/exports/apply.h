// SPDX-License-Identifier: BSD-3-Clause
// Carries out the plan of an export.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/events.h"
#include "exports/plan.h"

namespace kld::exports {

struct Job {
    const World& world;
    const Plan& plan;
    Runner& runner;
    Files& files;
    Events& events;
    const std::atomic<bool>* stop = nullptr;           ///< once true, the export ends and is taken back
    std::function<void()> wait{};                      ///< about a second, before something busy is tried again
    std::function<void()> snapshot_taken{};            ///< the pool is free for other changes from then on
    std::string trim_lock = "/run/kldload/trim.lock";  ///< of all exports of this machine; its directory is there
};

/// Makes the image and renames it to its name at the end. Whatever happens, what was made meanwhile goes again: mounts,
/// the new pool's import, the loop device, the files, the snapshot. What cannot be taken back is told in the error, or
/// as a warning when the image was made: a snapshot that somebody holds does not spoil it.
/// @returns what was reset of the identity, for people
Result<std::vector<std::string>> apply(const Job& job);

}  // namespace kld::exports
