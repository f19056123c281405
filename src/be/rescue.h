// SPDX-License-Identifier: BSD-3-Clause
// When the running root has lost its libc: a static program can still go on, with the programs of a snapshot.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"

namespace kld::be {

/// False when zfs(8) of the running root cannot be started or does not find its libraries.
bool programs_work(Runner& runner);

/// The machine's files, but /proc/self/mountinfo as it was before this process went into a snapshot: what runs is what
/// ran before.
class FilesFromOutside final : public RealFiles {
public:
    explicit FilesFromOutside(std::string mountinfo) : mountinfo_(std::move(mountinfo)) {}
    Result<std::string> read(const std::string& path) override;

private:
    std::string mountinfo_;
};

/// This process goes into the snapshot for good: its root is / from now on, read-only, with /dev, /proc, /sys, /run,
/// /var/log and the EFI system partition of the running system. Nobody else sees these mounts. By system calls alone:
/// mount(8) would not start.
Status enter_snapshot(Files& files, const std::string& snapshot);

}  // namespace kld::be
