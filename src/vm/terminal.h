// SPDX-License-Identifier: BSD-3-Clause
// A person's terminal on the serial line of a machine.
#pragma once

#include "base/fd.h"

namespace kld::vm {

enum class Left {
    machine_ended,
    person,  ///< typed Ctrl-]
    signal,  ///< SIGINT, SIGTERM or SIGHUP came
};

inline constexpr char kLeaveKey = '\x1d';  ///< Ctrl-]

/// Copies between the serial line and the terminal until one of them ends it. A terminal is in raw mode meanwhile and
/// restored afterwards, whatever happened; input that is no terminal may end without ending the machine.
Result<Left> attach_terminal(const Fd& serial, int input, int output);

}  // namespace kld::vm
