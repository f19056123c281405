// SPDX-License-Identifier: BSD-3-Clause
// A dataset, a snapshot or a partition that is mounted for as long as somebody looks at it.
#pragma once

#include <string>
#include <utility>

#include "base/runner.h"

namespace kld::zfs {

/// A mount that goes with this object. Its directory is removed only when it is empty: should unmounting fail, what is
/// mounted there is somebody's system.
class PassingMount {
public:
    /// @param what     a dataset or a snapshot; a device where `type` says so
    /// @param options  of mount(8). A dataset needs "zfsutil", which mounts it elsewhere than its properties say; a
    ///                 snapshot takes no such word
    /// @param purpose  for the directory's name: "verify"
    static Result<PassingMount> make(Runner& runner, const std::string& what, const std::string& options,
                                     const std::string& purpose, const std::string& type = "zfs");
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
