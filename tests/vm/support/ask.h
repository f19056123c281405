// SPDX-License-Identifier: BSD-3-Clause
// Questions to a running machine, over whatever shell there is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "vm/shell.h"
#include "vm/support/guest.h"

namespace kld::test {

/// Runs a command as root and gives its output; a failing command is an error.
using RootShell = std::function<Result<std::string>(const std::string& command)>;

/// `shell` and `guest` must outlive what is returned.
RootShell over_serial(vm::SerialShell& shell);
/// As root by sudo.
RootShell over_ssh(Guest& guest);

/// The output without blanks around it. A command that fails makes the test fail, with command and output.
std::string answer(const RootShell& shell, const std::string& command);
std::string answer(vm::SerialShell& shell, const std::string& command);
/// The outputs of all commands, asked in one go: under emulation each ssh connection takes seconds.
std::vector<std::string> answers(const RootShell& shell, const std::vector<std::string>& commands);

}  // namespace kld::test
