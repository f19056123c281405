// SPDX-License-Identifier: BSD-3-Clause
// Runs programs inside a root tree, with a /proc and a process table of its own.
#pragma once

#include <string>

#include "base/runner.h"

namespace kld {

/// A Runner whose programs see `root` as /. What they leave running is killed when the command ends.
/// Needs the right to chroot (root, or a user namespace that grants it).
class TreeRunner final : public Runner {
public:
    TreeRunner(Runner& outer, std::string root) : outer_(outer), root_(std::move(root)) {}
    Result<Output> run(const Command& command) override;
    const std::string& root() const { return root_; }

private:
    Runner& outer_;
    std::string root_;
};

}  // namespace kld
