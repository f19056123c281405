// SPDX-License-Identifier: BSD-3-Clause
#include "menu/options.h"

#include <charconv>

#include "boot/command_line.h"

namespace kld::menu {

Options parse_options(std::string_view command_line) {
    Options options;
    for (const auto& argument : boot::split_arguments(command_line)) {
        if (argument == "kld.debug") options.debug = true;
        const auto equals = argument.find('=');
        if (equals == std::string::npos) continue;
        const auto name = std::string_view(argument).substr(0, equals);
        const auto value = std::string_view(argument).substr(equals + 1);
        if (name == "kld.prefer") options.prefer = value;
        int seconds = 0;
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
        const bool number = parsed.ec == std::errc{} && parsed.ptr == value.data() + value.size();
        if (name == "kld.timeout" && number && seconds >= -1 && seconds <= 86400) options.timeout = seconds;
    }
    return options;
}

}  // namespace kld::menu
