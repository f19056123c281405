// SPDX-License-Identifier: BSD-3-Clause
#include "base/process_table.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld {

ProcessEntry read_process(Files& files, int pid) {
    const auto text = files.read(fmt::format("/proc/{}/stat", pid)).value_or("");
    // The name is in parentheses and may have any letter in it.
    const auto open = text.find('('), close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    const auto fields = words(std::string_view(text).substr(close + 1));
    constexpr std::size_t kParent = 1, kStart = 19;
    if (fields.size() <= kStart) return {};
    return {text.substr(open + 1, close - open - 1), fields[kStart],
            static_cast<int>(parse_number(fields[kParent]).value_or(0))};
}

std::string process_mark(Files& files, int pid) {
    const auto process = read_process(files, pid);
    return process.start.empty() ? std::string() : fmt::format("{}-{}", pid, process.start);
}

bool is_running(Files& files, const std::string& mark) {
    const auto pid = parse_number(mark.substr(0, mark.find('-')));
    return pid && *pid > 0 && *pid <= 0x7fffffff && process_mark(files, static_cast<int>(*pid)) == mark;
}

}  // namespace kld
