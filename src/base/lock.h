// SPDX-License-Identifier: BSD-3-Clause
// One holder at a time, across processes.
#pragma once

#include <string>

#include "base/fd.h"

namespace kld {

class Lock {
public:
    Lock() = default;  ///< holds nothing
    /// Waits until no other process holds `path`: flock on the file, which is made when missing. Its time of
    /// modification says when it was last asked for. Only who holds the lock may remove the file.
    static Result<Lock> wait_for(const std::string& path);
    /// Does not wait. @returns a refusal (exit 3) that says `busy` when another process holds it
    static Result<Lock> try_take(const std::string& path, const std::string& busy);

private:
    explicit Lock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace kld
