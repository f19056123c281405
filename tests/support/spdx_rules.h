// SPDX-License-Identifier: BSD-3-Clause
// What the SPDX 2.3 specification asks of a JSON document, as far as it concerns ours.
#pragma once

#include <string>
#include <vector>

namespace kld::test {

/// @returns one line for each rule that is broken, with the place; none for a document that holds to them
std::vector<std::string> spdx_faults(const std::string& text);

}  // namespace kld::test
