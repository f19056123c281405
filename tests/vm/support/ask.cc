// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/ask.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace kld::test {
namespace {

// Emulated, and behind other work: what takes a second elsewhere may take minutes.
constexpr std::chrono::seconds kLimit{3600};

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

std::vector<std::string> answers(const RootShell& shell, const std::vector<std::string>& commands) {
    const std::string mark = "@@@@ ";
    std::string script;
    for (const auto& command : commands) script += "( " + command + " ); echo; echo '" + mark + "'$?\n";
    std::vector<std::string> outputs;
    std::string output;
    for (const auto& line : lines(answer(shell, script))) {
        if (!line.starts_with(mark)) {
            output += line + "\n";
            continue;
        }
        EXPECT_EQ(trim(line.substr(mark.size())), "0")
            << commands[std::min(outputs.size(), commands.size() - 1)] << "\n"
            << output;
        outputs.emplace_back(trim(output));
        output.clear();
    }
    EXPECT_EQ(outputs.size(), commands.size()) << "the machine did not answer all";
    outputs.resize(commands.size());
    return outputs;
}

std::string answer(vm::SerialShell& shell, const std::string& command) {
    return answer(over_serial(shell), command);
}

}  // namespace kld::test
