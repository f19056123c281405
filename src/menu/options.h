// SPDX-License-Identifier: BSD-3-Clause
// The menu's own options on its kernel command line.
#pragma once

#include <string>
#include <string_view>

namespace kld::menu {

struct Options {
    int timeout = 5;       ///< kld.timeout=N seconds; 0 boots at once, -1 waits for a person
    std::string prefer{};  ///< kld.prefer=<pool | pool GUID | dataset>: its bootfs, or itself, is the default
    bool debug = false;    ///< kld.debug: the log is shown on the consoles too
};

/// Values that make no sense are ignored.
Options parse_options(std::string_view command_line);

}  // namespace kld::menu
