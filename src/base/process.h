// SPDX-License-Identifier: BSD-3-Clause
// Starts programs, for process_runner.cc alone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kld {

/// Descriptors that the program has as its own 0, 1 and 2.
struct Stdio {
    int in = -1;
    int out = -1;
    int err = -1;
};

/// Whose the program is: our own helper, in a process group and with the locale that we read; or the person's, on their
/// terminal and in their language. Both are killed when the thread that started them ends, but for the person's own
/// that is not ours to end.
enum class Side { behind, foreground, foreground_on_its_own };

/// Where a program is alone.
struct Alone {
    std::string root;  ///< empty: it shares our process table and our /
    bool on_terminal = false;

    explicit operator bool() const { return !root.empty(); }
};

struct Spawning {
    std::vector<std::string> argv;
    Stdio stdio{};
    std::vector<std::string> environment{};  ///< "NAME=value", added to ours
    std::vector<int> pass_fds{};
    Side side = Side::behind;
    Alone alone{};
};

/// @returns the process; one of Side::behind is in its group, which is entered in process_groups.h. An error: a program
/// that cannot be started.
Result<int> spawn(const Spawning& what);

/// Makes `group` the one that the terminal on stdin belongs to.
void give_terminal(int group);

/// Of what waitpid(2) said, as a shell has it.
int exit_code_of(int status);

}  // namespace kld
