// SPDX-License-Identifier: BSD-3-Clause
// Other processes, as proc_pid_stat(5) tells of them.
#pragma once

#include <string>

#include "base/files.h"

namespace kld {

struct ProcessEntry {
    std::string name{};   ///< after 15 bytes it is cut by the kernel; empty: there is no such process
    std::string start{};  ///< clock ticks since the machine started
    int parent = 0;
};

ProcessEntry read_process(Files& files, int pid);

/// "4481-88123": number and start, which no other process ever has both of. Empty when there is no such process.
std::string process_mark(Files& files, int pid);

/// True when the process of that mark is still there.
bool is_running(Files& files, const std::string& mark);

}  // namespace kld
