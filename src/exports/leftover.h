// SPDX-License-Identifier: BSD-3-Clause
// What an export leaves behind that was killed, and how the next one to the same output takes it back.
#pragma once

#include <functional>
#include <string>

#include "base/files.h"
#include "base/lock.h"
#include "base/runner.h"

namespace kld::exports {

/// Bytes: OpenZFS trims no range that is smaller.
inline constexpr const char* kTrimMinimum = "/sys/module/zfs/parameters/zfs_trim_extent_bytes_min";

/// Makes the directory of an export, `work`, for nobody else to look into, holds its lock, and notes down what is about
/// to be made outside of it: the snapshot, and a pool that is imported by the name after the "@".
/// Errors: something lies there already (exit 3)
Result<Lock> take_work(Files& files, const std::string& work, const std::string& snapshot);

/// Notes down what kTrimMinimum was before it is changed.
Status note_trim_minimum(Files& files, const std::string& work, const std::string& value);

/// Exports a pool, when it is imported: udev and zed look at new ones, and for as long they are busy.
/// @param wait  about a second, before it is tried again
Status export_pool(Runner& runner, const std::string& pool, const std::function<void()>& wait);

/// Takes back what a killed export of `pool` left: its new pool's import, loop devices, the kernel's setting, the
/// snapshot, the directory. Nothing when there is no directory, or one that others can write to or no export made.
/// @returns whether there was something
/// Errors: an export is at work there (exit 3); something cannot be taken back: the rest of it stays, too, for another
/// try.
Result<bool> take_back_leftover(Runner& runner, Files& files, const std::string& work, const std::string& pool,
                                const std::function<void()>& wait);

}  // namespace kld::exports
