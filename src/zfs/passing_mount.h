// SPDX-License-Identifier: BSD-3-Clause
// A dataset, a snapshot or a partition that is mounted for as long as somebody looks at it.
#pragma once

#include <string>
#include <utility>

#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::zfs {

/// What mount(8) is told to mount a dataset where its properties do not say. mount.zfs(8) wants the word zfsutil for
/// that, and refuses it where mountpoint=legacy.
/// @param dataset  with the property mountpoint
std::string mount_options(const boot::Dataset& dataset, bool readonly);

/// A mount that goes with this object. Its directory is removed only when it is empty: should unmounting fail, what is
/// mounted there is somebody's system.
class PassingMount {
public:
    /// @param what     a snapshot; a device where `type` says so
    /// @param options  of mount(8)
    /// @param purpose  for the directory's name: "verify"
    static Result<PassingMount> make(Runner& runner, const std::string& what, const std::string& options,
                                     const std::string& purpose, const std::string& type = "zfs");
    /// @param dataset  with the property mountpoint
    static Result<PassingMount> make(Runner& runner, const boot::Dataset& dataset, bool readonly,
                                     const std::string& purpose);
    PassingMount(PassingMount&& other) noexcept
        : runner_(std::exchange(other.runner_, nullptr)), place_(std::move(other.place_)), mounted_(other.mounted_) {}
    PassingMount& operator=(PassingMount&&) = delete;
    ~PassingMount();
    const std::string& place() const { return place_; }

private:
    PassingMount(Runner& runner, std::string place) : runner_(&runner), place_(std::move(place)) {}
    Runner* runner_;
    std::string place_;
    bool mounted_ = false;
};

}  // namespace kld::zfs
