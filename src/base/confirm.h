// SPDX-License-Identifier: BSD-3-Clause
// Asks the person at the terminal before something is done.
#pragma once

#include <string>

#include "base/result.h"

namespace kld {

/// Puts the question on stderr and waits for a line. Only "yes" is a yes, also with blanks around it.
/// @param question  a sentence: "3 packages change."
/// @param alone     the error's message when `input` is no terminal: nobody is there to ask
/// @param input     where the answer comes from
/// Refused (exit 3): nobody is there, another answer, the end of the input.
Status confirm(const std::string& question, const std::string& alone, int input);

}  // namespace kld
