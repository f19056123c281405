// SPDX-License-Identifier: BSD-3-Clause
// A shell on the serial console: log in and run commands where there is no ssh (initramfs, rescue, `core` images).
#pragma once

#include <chrono>
#include <string>

#include "vm/serial.h"

namespace kld::vm {

struct CommandResult {
    int exit_code = 0;
    std::string output{};  ///< stdout and stderr as the terminal showed them, without the echo of the command
};

class SerialShell {
public:
    /// Takes a shell that already waits at its prompt, such as the one of an initramfs.
    /// @param limit  until the shell must have answered
    static Result<SerialShell> adopt(SerialConsole& console, std::chrono::milliseconds limit);

    /// Waits for getty's "login:", answers with `user` and `password`, adopts the shell. @returns an error that says so
    /// when the login is refused
    static Result<SerialShell> login(SerialConsole& console, const std::string& user, const std::string& password,
                                     std::chrono::milliseconds limit);

    /// Runs `command` (POSIX shell, several lines allowed, at most 3500 bytes) in a subshell and waits for its end.
    /// A non-zero exit is a result, no error.
    Result<CommandResult> run(const std::string& command, std::chrono::milliseconds limit = std::chrono::seconds(120));

    /// The same, but a non-zero exit is an error with the output. @returns the output
    Result<std::string> check(const std::string& command, std::chrono::milliseconds limit = std::chrono::seconds(120));

    SerialConsole& console() { return *console_; }

private:
    explicit SerialShell(SerialConsole& console) : console_(&console) {}

    SerialConsole* console_;
    unsigned runs_ = 0;
};

}  // namespace kld::vm
