// SPDX-License-Identifier: BSD-3-Clause
// The layout of the keyboard before the machine. Serial lines have that of whatever is at their other end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "boot/keymap.h"

namespace kld::menu {

class Keyboard {
public:
    using Load = std::function<Status(const boot::Keymap&)>;
    /// @param load  hands tables to the kernel
    Keyboard(Files& files, Load load);

    const std::vector<boot::KeymapName>& names() const { return names_; }
    const std::string& current() const { return current_; }
    /// True when configure() would do something: a pool says a layout, and no person has chosen one.
    bool wanted(const std::string& name) const { return !name.empty() && name != configured_ && !chosen_; }
    /// Takes the layout that a pool says. It may be any text: whoever wrote the disk wrote it.
    Status configure(const std::string& name);
    /// Takes the layout that a person says.
    Status choose(const std::string& name);

private:
    Status use(const std::string& name);
    Files& files_;
    Load load_;
    std::vector<boot::KeymapName> names_;
    std::string current_ = boot::kKernelKeymap;
    std::string configured_;
    bool chosen_ = false;
};

/// Replaces the tables of all virtual terminals (ioctl_console(2), KDSKBENT). @param fd  one of them
Status set_keymap(int fd, const boot::Keymap& keymap);

}  // namespace kld::menu
