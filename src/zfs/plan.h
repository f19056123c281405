// SPDX-License-Identifier: BSD-3-Clause
// A change to a running system, decided before anything is touched.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "base/runner.h"

namespace kld::zfs {

struct Step {
    std::string text;  ///< for people: "clone rpool/ROOT/default@… as rpool/ROOT/new"
    /// What does it. Empty where no program does, but who made the plan by itself (it writes a record, or a file): such
    /// a step is there to be shown, and none that apply() is given.
    std::vector<std::string> argv;
    /// What takes it back, should a later step fail; empty: nothing to take back.
    std::vector<std::string> undo{};
    bool leaves_nothing = false;  ///< there is nothing to take back, and nothing to tell of it
    bool done = false;            ///< was done while the plan was made: it is shown, and can be taken back
};

struct Plan {
    std::vector<Step> steps{};
    std::vector<std::string> warnings{};  ///< what a person should know before it is done
};

/// One numbered line a step with its command below, where it has one; warnings first.
std::string to_text(const Plan& plan);

/// {"version": 1, "warnings": [], "steps": [{"text", "argv"}]}; "argv" of a step without a command is [].
std::string to_json(const Plan& plan);

/// Does the steps in order. When one fails, what the earlier ones did is taken back, last first; the error says which
/// step failed and what could not be taken back. What a step that succeeds prints to stderr becomes a warning.
Status apply(const Plan& plan, Runner& runner, Events& events);

}  // namespace kld::zfs
