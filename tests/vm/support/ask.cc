// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/ask.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace kld::test {
namespace {

// Emulated, and behind other work: what takes a second elsewhere may take minutes.
constexpr std::chrono::seconds kLimit{1800};

}  // namespace

RootShell over_serial(vm::SerialShell& shell) {
    return [&](const std::string& command) { return shell.check(command, kLimit); };
}

RootShell over_ssh(Guest& guest) {
    return [&](const std::string& command) { return guest.ssh().check("sudo sh -c " + shell_quote(command), kLimit); };
}

std::string answer(const RootShell& shell, const std::string& command) {
    const auto output = shell(command);
    EXPECT_TRUE(output.has_value()) << command << "\n" << (output ? "" : render(output.error()));
    return output ? std::string(trim(*output)) : std::string();
}

std::string answer(vm::SerialShell& shell, const std::string& command) {
    return answer(over_serial(shell), command);
}

}  // namespace kld::test
