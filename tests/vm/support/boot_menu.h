// SPDX-License-Identifier: BSD-3-Clause
// The boot menu on the serial console, used as a person uses it: by what it shows and by keys.
#pragma once

#include <string>
#include <vector>

#include "vm/shell.h"

namespace kld::test {

class BootMenu {
public:
    /// Waits for the menu with its list and stops the countdown.
    static Result<BootMenu> wait(vm::SerialConsole& console, std::chrono::seconds limit = std::chrono::seconds(600));

    /// The boot environments, in the order of the list.
    const std::vector<std::string>& entries() const { return entries_; }

    /// Boots what is named, or says what the menu shows instead.
    Status boot(const std::string& dataset);
    /// Boots it with another kernel: the one whose path contains `kernel`.
    Status boot_kernel(const std::string& dataset, const std::string& kernel);
    /// Boots it with `arguments` behind its command line, this once.
    Status boot_with(const std::string& dataset, const std::string& arguments);
    /// The recovery shell. `exit` on it brings the menu back: wait() for it again.
    Result<vm::SerialShell> recovery_shell(std::chrono::seconds limit = std::chrono::seconds(120));
    /// Waits for a message instead of a boot, such as a refused kernel. @returns all that the menu says from there on
    /// until `text` (ECMAScript) has come
    Result<std::string> message(const std::string& text, std::chrono::seconds limit = std::chrono::seconds(120));
    /// Closes a message, and waits for the list.
    Status back_to_list();

private:
    explicit BootMenu(vm::SerialConsole& console) : console_(&console) {}
    Status select(const std::string& dataset);

    vm::SerialConsole* console_;
    std::vector<std::string> entries_{};
};

}  // namespace kld::test
