// SPDX-License-Identifier: BSD-3-Clause
// The process groups of the programs that run, so that a signal can end them in order: see EndInOrder.
#pragma once

namespace kld {

/// To be called once a group has its first process. More than there are places for are killed when this process ends,
/// and not ended before. Async-signal-safe.
void enter_group(int group);

/// To be called once its first process is waited for.
void leave_group(int group);

/// Once this process ends, none of its threads starts a program, or makes anything of what has become of one: does not
/// return then.
void hold_when_ending();

}  // namespace kld
