// SPDX-License-Identifier: BSD-3-Clause
// The state of a machine as people, programs and Prometheus read it.
#pragma once

#include <string>

#include "status/state.h"

namespace kld::status {

/// One screen: a verdict, what is wrong below it, and a line for each thing.
/// @param colour  escape sequences of a terminal
std::string to_screen(const State& state, bool colour);

/// {"version": 1, "exit_code", "wrong", …}: docs/kst.md has the keys. What is not known is null.
std::string to_json(const State& state);

/// Prometheus' text format 0.0.4: bytes, seconds and ratios. What is not known has no sample.
std::string to_metrics(const State& state);

}  // namespace kld::status
