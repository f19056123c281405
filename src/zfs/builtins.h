// SPDX-License-Identifier: BSD-3-Clause
// Steps of plans that this process does itself, as a shell has builtins: starting their programs takes longer than all
// that they do.
#pragma once

#include "base/files.h"
#include "base/runner.h"

namespace kld::zfs {

/// Does, as their programs would (findmnt prints nothing),
///
///     mkdir -- PATH
///     readlink -f PATH
///     findmnt --noheadings --source DATASET --mountpoint PATH
///
/// and hands every other command, and these in another shape, to the runner below. A mount that another one covers is
/// none.
class Builtins final : public Runner {
public:
    /// @param runner,files  outlive this
    Builtins(Runner& runner, Files& files) : runner_(runner), files_(files) {}
    Result<Output> run(const Command& command) override;
    std::vector<Result<Output>> run_all(const std::vector<Command>& commands) override {
        return runner_.run_all(commands);
    }
    Status run_piped(const Command& from, const Command& into) override { return runner_.run_piped(from, into); }

private:
    Runner& runner_;
    Files& files_;
};

}  // namespace kld::zfs
